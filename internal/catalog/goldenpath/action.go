package goldenpath

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// step is what an action works on.
type step struct {
	t     *Template
	p     *Project
	input map[string]any
}

// actions returns what steps can do, by Backstage's names.
func actions() map[string]func(step) error {
	return map[string]func(step) error{
		"fetch:template": fetchTemplate,
		"fetch:plain":    fetchPlain,
		"fs:rename":      renameFiles,
		"fs:delete":      deleteFiles,
		"debug:log":      logMessage,
	}
}

func actionNames() []string { return slices.Sorted(maps.Keys(actions())) }

// allow refuses inputs that an action would otherwise ignore.
func (s step) allow(names ...string) error {
	for _, k := range slices.Sorted(maps.Keys(s.input)) {
		if !slices.Contains(names, k) {
			return kernel.Errorf(kernel.Invalid, "the input %q is unknown", k).WithFix("use only %s", strings.Join(names, ", "))
		}
	}
	return nil
}

func (s step) text(name string) string { return text(s.input[name]) }

func fetchTemplate(s step) error {
	if err := s.allow("url", "targetPath", "values", "templateFileExtension", "copyWithoutTemplating"); err != nil {
		return err
	}
	values, _ := s.input["values"].(map[string]any)
	r := renderer{ending: s.ending(), scope: map[string]any{"values": values}}
	raw, _ := s.input["copyWithoutTemplating"].([]any)
	for _, pattern := range raw {
		r.raw = append(r.raw, text(pattern))
	}
	return s.fetch(r.render)
}

func (s step) ending() string {
	if on, _ := s.input["templateFileExtension"].(bool); on {
		return ".njk"
	}
	return s.text("templateFileExtension")
}

func fetchPlain(s step) error {
	if err := s.allow("url", "targetPath"); err != nil {
		return err
	}
	return s.fetch(func(name string, content []byte) (string, []byte, error) { return name, content, nil })
}

// fetch copies the folder url, which must be beside the template.
func (s step) fetch(change func(name string, content []byte) (string, []byte, error)) error {
	root := path.Clean(s.text("url"))
	if !fs.ValidPath(root) || strings.Contains(s.text("url"), "://") {
		return kernel.Errorf(kernel.Invalid, "the url %q is not a folder of the golden path", s.text("url")).
			WithFix("golden paths are scaffolded offline: use a relative folder such as ./skeleton")
	}
	if _, err := fs.Stat(s.t.files, root); err != nil {
		return kernel.Errorf(kernel.NotFound, "the golden path has no folder %q: %w", root, err)
	}
	return fs.WalkDir(s.t.files, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			return kernel.Errorf(kernel.Invalid, "%s is not a regular file", name)
		}
		content, err := fs.ReadFile(s.t.files, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		relative := strings.TrimPrefix(strings.TrimPrefix(name, root), "/")
		target, content, err := change(relative, content)
		if err != nil {
			return err
		}
		return s.p.put(path.Join(s.text("targetPath"), target), File{Content: content, Mode: modeOf(d)})
	})
}

// modeOf keeps what matters: whether the file can be executed.
func modeOf(d fs.DirEntry) fs.FileMode {
	if info, err := d.Info(); err == nil && info.Mode()&0o111 != 0 {
		return 0o755
	}
	return 0o644
}

type renderer struct {
	ending string
	raw    []string
	scope  map[string]any
}

func (r renderer) render(name string, content []byte) (string, []byte, error) {
	target, err := Expand(name, name, r.scope)
	if err != nil {
		return "", nil, err
	}
	if !r.isTemplate(name, content) {
		return target, content, nil
	}
	if i := bytes.Index(content, []byte("{%")); i >= 0 {
		return "", nil, placed(name, bytes.Count(content[:i], []byte("\n"))+1, "{% blocks are not supported", "use an if of a step, or list the file under copyWithoutTemplating")
	}
	out, err := Expand(name, string(content), r.scope)
	return strings.TrimSuffix(target, r.ending), []byte(out), err
}

func (r renderer) isTemplate(name string, content []byte) bool {
	for _, pattern := range r.raw {
		if ok, err := path.Match(pattern, name); err == nil && ok {
			return false
		}
	}
	if r.ending != "" {
		return strings.HasSuffix(name, r.ending)
	}
	return utf8.Valid(content)
}

func renameFiles(s step) error {
	if err := s.allow("files"); err != nil {
		return err
	}
	list, _ := s.input["files"].([]any)
	for _, item := range list {
		pair, _ := item.(map[string]any)
		from, to := path.Clean(text(pair["from"])), text(pair["to"])
		f, ok := s.p.Files[from]
		if !ok {
			return kernel.Errorf(kernel.NotFound, "there is no file %q to rename", from)
		}
		delete(s.p.Files, from)
		if err := s.p.put(to, f); err != nil {
			return err
		}
	}
	return nil
}

func deleteFiles(s step) error {
	if err := s.allow("files"); err != nil {
		return err
	}
	list, _ := s.input["files"].([]any)
	for _, item := range list {
		name := path.Clean(text(item))
		if _, ok := s.p.Files[name]; !ok {
			return kernel.Errorf(kernel.NotFound, "there is no file %q to delete", name)
		}
		delete(s.p.Files, name)
	}
	return nil
}

func logMessage(s step) error {
	if err := s.allow("message"); err != nil {
		return err
	}
	s.p.Log = append(s.p.Log, s.text("message"))
	return nil
}
