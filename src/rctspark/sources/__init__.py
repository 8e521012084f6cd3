"""Raw registers in, conformed tables out; nothing is lost on the way."""
