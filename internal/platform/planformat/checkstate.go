package planformat

// stateFile checks a state as terraform keeps it.
func (c *checker) stateFile(d map[string]any) {
	for i, item := range c.list(d["resources"], nil, "resources") {
		r, ok := item.(map[string]any)
		if !ok {
			c.other(item, "an object", "resources", i)
			continue
		}
		for _, key := range []string{"mode", "type", "name"} {
			if !isName(r[key]) {
				c.other(r[key], "a text", "resources", i, key)
			}
		}
		if _, ok := r["module"].(string); !ok && r["module"] != nil {
			c.other(r["module"], "a text", "resources", i, "module")
		}
		for j, item := range c.list(r["instances"], []any{"resources", i}, "instances") {
			c.instance(item, "resources", i, "instances", j)
		}
	}
}

func (c *checker) instance(v any, path ...any) {
	o, ok := v.(map[string]any)
	switch attributes := o["attributes"]; {
	case !ok:
		c.other(v, "an object", path...)
	case attributes == nil && o["attributes_flat"] != nil:
		c.wrong("it was written before Terraform 0.12, and nothing has read it since: refresh the state", with(path, "attributes_flat")...)
	case attributes != nil && !isObject(attributes):
		c.other(attributes, "an object", with(path, "attributes")...)
	}
}
