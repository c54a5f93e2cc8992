"""What Task states do: one file per kind of resource, all through the cloud's one way in."""
