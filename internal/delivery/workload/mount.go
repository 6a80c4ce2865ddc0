package workload

import (
	"encoding/base64"
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// mount is one entry of files or volumes.
type mount struct {
	entry  yamldoc.Value
	target string
	// own are keys of the list form.
	own []string
}

func (m mount) object(keys ...string) yamldoc.Object {
	return m.entry.Object(append(keys, m.own...)...)
}

// mounts reads a map by target, or its deprecated form: a list of entries that
// name their target.
func mounts(o yamldoc.Object, key string, read func(mount)) {
	v, ok := o.Get(key)
	switch {
	case !ok:
	case v.IsList():
		listedMounts(v, read)
	default:
		v.EachKey(func(target, entry yamldoc.Value) {
			checkTarget(target, target.Text())
			read(mount{entry: entry, target: target.Text()})
		})
	}
}

func listedMounts(v yamldoc.Value, read func(mount)) {
	seen := map[string]bool{}
	v.Items(func(_ int, entry yamldoc.Value) {
		target := listedTarget(entry)
		if at, _ := entry.Open().Get("target"); target != "" {
			checkTarget(at, target)
			if seen[target] {
				at.Problem("remove one of them", "the target %q is here a second time", target)
			}
		}
		seen[target] = true
		read(mount{entry: entry, target: target, own: []string{"target"}})
	})
}

func listedTarget(entry yamldoc.Value) string {
	o := entry.Open()
	if !o.OK() {
		return ""
	}
	return required(o, "target", "add the target path in the container")
}

func checkTarget(v yamldoc.Value, target string) {
	if target == "" || strings.ContainsRune(target, 0) || slices.Contains(strings.Split(target, "/"), "..") || path.Clean(target) == "/" {
		v.Problem("write a path in the container, such as /etc/app/config.yaml", "%q cannot be a target", target)
	}
}

func (r *reader) files(o yamldoc.Object) map[string]File {
	out := map[string]File{}
	mounts(o, "files", func(m mount) { out[m.target] = r.mountedFile(m) })
	return out
}

func (r *reader) mountedFile(m mount) File {
	o := m.object("mode", "source", "content", "binaryContent", "noExpand")
	f := File{Target: m.target, At: r.at(o.At())}
	if !o.OK() {
		return f
	}
	if mode, ok := o.Get("mode"); ok {
		f.Mode = octal(mode)
	}
	if flag, ok := o.Get("noExpand"); ok {
		f.NoExpand, _ = flag.Bool()
	}
	r.fileContent(o, &f)
	return f
}

func octal(v yamldoc.Value) string {
	s, ok := v.String()
	if ok && !fileMode.MatchString(s) {
		v.Problem(`write three octal digits, such as "0600"`, "%q is not a file mode", s)
	}
	if len(s) == 3 {
		return "0" + s
	}
	return s
}

func (r *reader) fileContent(o yamldoc.Object, f *File) {
	_, hasSource := o.Get("source")
	content, hasContent := o.Get("content")
	binary, hasBinary := o.Get("binaryContent")
	if n := count(hasSource, hasContent, hasBinary); n != 1 {
		o.Problem("give one of source, content and binaryContent", "a file has exactly one content, this one has %d", n)
		return
	}
	switch {
	case hasSource:
		f.Source = required(o, "source", "write the path of the file, relative to this one")
	case hasBinary:
		f.Binary = decodeBinary(binary)
	default:
		if s, ok := content.String(); ok {
			f.Content = r.content(content, s, f.NoExpand)
		}
	}
}

func (r *reader) content(v yamldoc.Value, s string, noExpand bool) Template {
	if noExpand {
		return Template{Raw: s, Parts: []Part{{Literal: s}}, At: r.at(v.At())}
	}
	return r.template(v, s, "")
}

func decodeBinary(v yamldoc.Value) []byte {
	s, ok := v.String()
	if !ok {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		v.Problem("encode the content with standard base64", "the content is not base64: %v", err)
	}
	return append([]byte{}, b...)
}

func count(flags ...bool) (n int) {
	for _, f := range flags {
		if f {
			n++
		}
	}
	return n
}

func (r *reader) volumes(o yamldoc.Object) map[string]Volume {
	out := map[string]Volume{}
	mounts(o, "volumes", func(m mount) { out[m.target] = r.volume(m) })
	return out
}

func (r *reader) volume(m mount) Volume {
	o := m.object("source", "path", "readOnly")
	out := Volume{Target: m.target, At: r.at(o.At())}
	if source := required(o, "source", "add the volume, such as source: ${resources.data}"); source != "" {
		at, _ := o.Get("source")
		out.Source = r.template(at, source, "source")
	}
	if p, ok := o.Get("path"); ok {
		out.Path, _ = p.String()
		if slices.Contains(strings.Split(out.Path, "/"), "..") {
			p.Problem("write a path inside the volume", "the path %q leaves the volume", out.Path)
		}
	}
	if flag, ok := o.Get("readOnly"); ok {
		out.ReadOnly, _ = flag.Bool()
	}
	return out
}
