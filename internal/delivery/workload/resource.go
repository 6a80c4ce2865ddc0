package workload

import (
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

const (
	typeFix = "use 2 to 63 letters, digits and -, with a letter or digit at both ends"
	idFix   = "use 2 to 63 of a-z, 0-9, - and dots between parts"
)

func (r *reader) resource(key, v yamldoc.Value) {
	name := label(key, "a resource's name")
	o := v.Object("type", "class", "id", "metadata", "params")
	res := Resource{Name: name, Class: DefaultClass, At: r.at(key.At()), Metadata: map[string]any{}, Annotations: map[string]string{}}
	if !o.OK() {
		return
	}
	if t, ok := o.Require("type", "add the type of the resource, such as type: redis"); ok {
		res.Type = pattern(t, typeName, "a type", typeFix)
	}
	if class, ok := o.Get("class"); ok {
		res.Class = pattern(class, typeName, "a class", typeFix)
	}
	if id, ok := o.Get("id"); ok {
		res.ID = pattern(id, idName, "an id", idFix)
	}
	if m, ok := o.Get("metadata"); ok {
		res.readMetadata(m)
	}
	if p, ok := o.Get("params"); ok {
		r.params(p, &res)
	}
	if res.Type == ProducerType {
		r.producer(o, &res)
	}
	r.w.Resources[name] = res
}

func (res *Resource) readMetadata(v yamldoc.Value) {
	o := v.Open()
	if !o.OK() {
		return
	}
	res.Metadata, _ = v.Any(nil).(map[string]any)
	if a, ok := o.Get("annotations"); ok {
		res.Annotations = annotations(a)
	}
}

func (r *reader) params(v yamldoc.Value, res *Resource) {
	if o := v.Open(); !o.OK() {
		return
	}
	res.raw = v.Any(nil)
	res.Params, _ = v.Any(func(leaf yamldoc.Value, s string) any {
		t := r.template(leaf, s, "")
		if text, ok := t.Literal(); ok {
			return text
		}
		return t
	}).(map[string]any)
}
