"""A shop: orders come in over HTTP, big ones need an approval, each is closed when it can't be sent back any more."""
