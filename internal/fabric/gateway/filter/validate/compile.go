package validate

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// document is an OpenAPI document that is ready to hold messages against, once
// with fields that no schema names and once without.
type document struct {
	// base is the path of the document's first server.
	base         string
	open, strict *api
}

// api are the operations of a document by path.
type api struct{ root node }

// operation is one, with all that is asked of its messages.
type operation struct {
	id         string
	deprecated bool
	sunset     string
	parameters []*parameter
	// query are the names that a query may have.
	query    map[string]bool
	body     *content
	required bool
	answers  map[string]*content
}

// content are the media types of a body. nil is one of which nothing is said.
type content struct {
	media map[string]*media
}

type media struct {
	schema *jsonschema.Schema
	shape  *shape
}

func compile(v any) (*document, error) {
	root, is := v.(map[string]any)
	if !is {
		return nil, fmt.Errorf("the document is no object")
	}
	d := &document{}
	if servers, _ := root["servers"].([]any); len(servers) > 0 {
		first, _ := servers[0].(map[string]any)
		address, _ := first["url"].(string)
		if u, err := url.Parse(address); err == nil {
			d.base = strings.TrimRight(u.Path, "/")
		}
	}
	var err error
	if d.open, err = compileAPI(root, false); err != nil {
		return nil, err
	}
	d.strict, err = compileAPI(root, true)
	return d, err
}

// compiler makes one api of a document.
type compiler struct {
	root              map[string]any
	requests, answers *jsonschema.Compiler
}

func compileAPI(root map[string]any, strict bool) (*api, error) {
	version, _ := root["openapi"].(string)
	f := form{old: strings.HasPrefix(version, "3.0"), strict: strict}
	c := &compiler{root: root}
	var err error
	if c.requests, err = resource(f.document(root)); err != nil {
		return nil, err
	}
	f.answers = true
	if c.answers, err = resource(f.document(root)); err != nil {
		return nil, err
	}
	out := &api{}
	paths, _ := root["paths"].(map[string]any)
	for path, item := range paths {
		item, at := c.follow(item, "/paths/"+escape(path))
		for method, op := range item {
			o, is := op.(map[string]any)
			if !is || !slices.Contains([]string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}, method) {
				continue
			}
			made, err := c.operation(o, item, at, method, path)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", strings.ToUpper(method), path, err)
			}
			if err := out.root.add(path, strings.ToUpper(method), made); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func resource(v any) (*jsonschema.Compiler, error) {
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // there is nothing to load from anywhere
	c.AssertFormat()
	return c, c.AddResource("api:document", v)
}

func escape(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

// follow resolves a reference, and tells where it ends.
func (c *compiler) follow(v any, at string) (map[string]any, string) {
	m, _ := v.(map[string]any)
	for range 16 {
		ref, is := m["$ref"].(string)
		if !is {
			break
		}
		at = strings.TrimPrefix(ref, "#")
		var found any = c.root
		for part := range strings.SplitSeq(strings.TrimPrefix(at, "/"), "/") {
			if plain, err := url.PathUnescape(part); err == nil {
				part = plain
			}
			in, _ := found.(map[string]any)
			found = in[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
		}
		m, _ = found.(map[string]any)
	}
	return m, at
}

func (c *compiler) operation(o, item map[string]any, at, method, path string) (*operation, error) {
	out := &operation{query: map[string]bool{}, answers: map[string]*content{}}
	out.id, _ = o["operationId"].(string)
	if out.id == "" {
		out.id = strings.ToUpper(method) + " " + path
	}
	out.deprecated = o["deprecated"] == true
	out.sunset, _ = o["x-sunset"].(string)
	at += "/" + method
	if err := c.parameters(out, o, item, at); err != nil {
		return nil, err
	}
	if body, is := o["requestBody"]; is {
		b, where := c.follow(body, at+"/requestBody")
		out.required = b["required"] == true
		var err error
		if out.body, err = c.content(c.requests, b, where); err != nil {
			return nil, err
		}
	}
	responses, _ := o["responses"].(map[string]any)
	for status, response := range responses {
		r, where := c.follow(response, at+"/responses/"+escape(status))
		made, err := c.content(c.answers, r, where)
		if err != nil {
			return nil, err
		}
		out.answers[strings.ToUpper(status)] = made
	}
	return out, nil
}

// parameters are those of the operation, and those of its path that it does not replace.
func (c *compiler) parameters(out *operation, o, item map[string]any, at string) error {
	seen := map[string]bool{}
	shared := at[:strings.LastIndexByte(at, '/')]
	for _, from := range []struct {
		v  any
		at string
	}{{o["parameters"], at}, {item["parameters"], shared}} {
		list, _ := from.v.([]any)
		for i, one := range list {
			m, where := c.follow(one, fmt.Sprintf("%s/parameters/%d", from.at, i))
			p, err := c.parameter(m, where)
			if err != nil {
				return err
			}
			if key := p.in + " " + p.name; !seen[key] {
				seen[key] = true
				out.parameters = append(out.parameters, p)
				p.names(out.query)
			}
		}
	}
	return nil
}

func (c *compiler) content(in *jsonschema.Compiler, m map[string]any, at string) (*content, error) {
	all, _ := m["content"].(map[string]any)
	if len(all) == 0 {
		return nil, nil //nolint:nilnil // a body of which nothing is said
	}
	out := &content{media: map[string]*media{}}
	for kind, one := range all {
		made := &media{}
		if o, is := one.(map[string]any); is && o["schema"] != nil {
			where := at + "/content/" + escape(kind) + "/schema"
			var err error
			if made.schema, err = in.Compile("api:document#" + fragment(where)); err != nil {
				return nil, err
			}
			made.shape = c.shape(o["schema"], 0)
		}
		out.media[strings.ToLower(kind)] = made
	}
	return out, nil
}

// fragment is a pointer within an address.
func fragment(pointer string) string {
	return strings.NewReplacer("%", "%25", "{", "%7B", "}", "%7D", " ", "%20", "#", "%23", "?", "%3F", "\"", "%22").Replace(pointer)
}
