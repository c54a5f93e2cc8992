// Reads pairs of JSON texts, a line each: [path, document]. Writes what JsonPath finds, a line each:
// {"value": ...}, {"missing": message}, {"inapplicable": message}, {"broken": class} or {"syntax": message}.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.InvalidPathException;
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.PathNotFoundException;
import com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

public class Paths {
    static final ObjectMapper MAPPER = new ObjectMapper();
    static final Configuration JACKSON =
            Configuration.builder().jsonProvider(new JacksonJsonNodeJsonProvider(MAPPER)).build();

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode pair = MAPPER.readTree(line);
            out.println(MAPPER.writeValueAsString(found(pair.get(0).asText(), pair.get(1))));
        }
        out.flush();
    }

    static ObjectNode found(String text, JsonNode document) {
        ObjectNode answer = MAPPER.createObjectNode();
        JsonPath path;
        try {
            path = JsonPath.compile(text);
        } catch (RuntimeException e) {
            return answer.put("syntax", String.valueOf(e.getMessage()));
        }
        try {
            Object value = path.read(document, JACKSON);
            return answer.set("value", MAPPER.valueToTree(value));
        } catch (PathNotFoundException e) {
            return answer.put("missing", e.getMessage());
        } catch (InvalidPathException e) {
            return answer.put("inapplicable", e.getMessage());
        } catch (RuntimeException e) {
            return answer.put("broken", e.getClass().getSimpleName());
        }
    }
}
