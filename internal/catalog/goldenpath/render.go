package goldenpath

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// File is one file of a scaffolded project.
type File struct {
	Content []byte
	Mode    fs.FileMode
}

// Project is the outcome of a template: files by their path, and what to say.
type Project struct {
	Files map[string]File
	// Log has what debug:log steps said.
	Log    []string
	Output Output
}

// Paths returns the paths of the files, sorted.
func (p *Project) Paths() []string { return slices.Sorted(maps.Keys(p.Files)) }

// Render runs every step in memory for validated values (see Values).
func (t *Template) Render(values map[string]any) (*Project, error) {
	p := &Project{Files: map[string]File{}}
	outputs := map[string]any{}
	scope := map[string]any{"parameters": values, "steps": outputs}
	for _, s := range t.Steps {
		wanted, err := t.wanted(s, scope)
		if err != nil {
			return nil, err
		}
		if !wanted {
			continue
		}
		input, err := deepValue(templateFile, s.Input, scope)
		if err != nil {
			return nil, stepError(s, err)
		}
		in, _ := input.(map[string]any)
		if err := actions()[s.Action](step{t: t, p: p, input: in}); err != nil {
			return nil, stepError(s, err)
		}
		outputs[s.ID] = map[string]any{"output": map[string]any{}}
	}
	return p, t.say(p, scope)
}

func (t *Template) wanted(s Step, scope map[string]any) (bool, error) {
	switch c := s.If.(type) {
	case nil:
		return true, nil
	case string:
		v, err := value(templateFile, c, scope)
		if err != nil {
			return false, stepError(s, err)
		}
		return truth(v) && v != "false", nil
	default:
		return truth(c), nil
	}
}

func stepError(s Step, err error) error {
	if e, ok := errors.AsType[*kernel.Error](err); ok {
		return kernel.Errorf(e.Kind, "step %s (%s): %s", s.ID, s.Action, e.Message).WithFix("%s", e.Fix).WithProblems(e.Problems...)
	}
	return kernel.Errorf(kernel.Internal, "step %s (%s): %w", s.ID, s.Action, err)
}

func (t *Template) say(p *Project, scope map[string]any) error {
	for _, text := range t.Output.Text {
		content, err := Expand(templateFile, text.Content, scope)
		if err != nil {
			return err
		}
		p.Output.Text = append(p.Output.Text, Text{Title: text.Title, Content: content})
	}
	for _, link := range t.Output.Links {
		address, err := Expand(templateFile, link.URL, scope)
		if err != nil {
			return err
		}
		p.Output.Links = append(p.Output.Links, Link{Title: link.Title, URL: address})
	}
	return nil
}

// put adds a file; its path may not leave the project.
func (p *Project) put(name string, f File) error {
	clean := path.Clean(name)
	if !fs.ValidPath(clean) || clean == "." || strings.ContainsAny(clean, "\\\x00") {
		return kernel.Errorf(kernel.Invalid, "the path %q leaves the project", name)
	}
	p.Files[clean] = f
	return nil
}
