"""URLs for servers, and what goes to and comes from them (ActivityPub, WebFinger, NodeInfo)."""
