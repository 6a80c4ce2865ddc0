package goldenpath

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"
	"sort"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// APIVersion is the only version of templates that is read.
const APIVersion = "scaffolder.backstage.io/v1beta3"

const templateFile = "template.yaml"

// Template is one golden path.
type Template struct {
	Name        string
	Title       string
	Description string
	Tags        []string
	Owner       string
	Pages       []Page
	Steps       []Step
	Output      Output
	files       fs.FS
}

// Has reports whether the template has a parameter with the name.
func (t *Template) Has(parameter string) bool {
	return slices.ContainsFunc(t.Pages, func(p Page) bool {
		return slices.ContainsFunc(p.Parameters, func(q Parameter) bool { return q.Name == parameter })
	})
}

// Step is one action of a template, in order.
type Step struct {
	ID     string         `yaml:"id"`
	Name   string         `yaml:"name"`
	Action string         `yaml:"action"`
	Input  map[string]any `yaml:"input"`
	// If is a condition; nil means always.
	If any `yaml:"if"`
}

// Output is what a person reads after the last step.
type Output struct {
	Text  []Text `yaml:"text"`
	Links []Link `yaml:"links"`
}

// Text is a paragraph of the output.
type Text struct {
	Title   string `yaml:"title"`
	Content string `yaml:"content"`
}

// Link is an address in the output.
type Link struct {
	Title string `yaml:"title"`
	URL   string `yaml:"url"`
}

type document struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name        string   `yaml:"name"`
		Title       string   `yaml:"title"`
		Description string   `yaml:"description"`
		Tags        []string `yaml:"tags"`
	} `yaml:"metadata"`
	Spec struct {
		Owner      string    `yaml:"owner"`
		Type       string    `yaml:"type"`
		Parameters yaml.Node `yaml:"parameters"`
		Steps      []Step    `yaml:"steps"`
		Output     Output    `yaml:"output"`
	} `yaml:"spec"`
}

// Load reads the template in the root of files. Errors are kernel.Errors with
// the place in template.yaml.
func Load(files fs.FS) (*Template, error) {
	src, err := fs.ReadFile(files, templateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, kernel.Errorf(kernel.NotFound, "there is no %s", templateFile).
			WithFix("name a folder that holds a golden path")
	}
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", templateFile, err)
	}
	var d document
	dec := yaml.NewDecoder(bytes.NewReader(src))
	if err := dec.Decode(&d); err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "%s is not a template: %w", templateFile, err)
	}
	t, err := d.template(files)
	if err != nil {
		return nil, err
	}
	return t, t.checkSteps()
}

func (d document) template(files fs.FS) (*Template, error) {
	if d.APIVersion != APIVersion || d.Kind != "Template" {
		return nil, kernel.Errorf(kernel.Invalid, "%s is a %q of %q", templateFile, d.Kind, d.APIVersion).
			WithFix("write kind: Template and apiVersion: %s", APIVersion)
	}
	if d.Metadata.Name == "" || len(d.Spec.Steps) == 0 {
		return nil, kernel.Errorf(kernel.Invalid, "%s needs metadata.name and spec.steps", templateFile)
	}
	pages, err := readPages(&d.Spec.Parameters)
	if err != nil {
		return nil, err
	}
	return &Template{
		Name: d.Metadata.Name, Title: d.Metadata.Title, Description: d.Metadata.Description, Tags: d.Metadata.Tags,
		Owner: d.Spec.Owner, Pages: pages, Steps: d.Spec.Steps, Output: d.Spec.Output, files: files,
	}, nil
}

func (t *Template) checkSteps() error {
	for i, s := range t.Steps {
		if _, ok := actions()[s.Action]; !ok {
			return kernel.Errorf(kernel.Invalid, "step %d (%s) of golden path %s has the unknown action %q", i+1, s.Name, t.Name, s.Action).
				WithFix("use one of %v; a step is never skipped", actionNames())
		}
	}
	return nil
}

// List reads every template in the folders of files, sorted by name.
func List(files fs.FS) ([]*Template, error) {
	found, err := fs.Glob(files, path.Join("*", templateFile))
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "list golden paths: %w", err)
	}
	list := make([]*Template, 0, len(found))
	for _, f := range found {
		sub, err := fs.Sub(files, path.Dir(f))
		if err != nil {
			return nil, kernel.Errorf(kernel.Internal, "open golden path %s: %w", path.Dir(f), err)
		}
		t, err := Load(sub)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list, nil
}

// Find returns the template of that name among the folders of files.
func Find(files fs.FS, name string) (*Template, error) {
	all, err := List(files)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(all))
	for _, t := range all {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return nil, kernel.Errorf(kernel.NotFound, "there is no golden path %q", name).
		WithFix("use one of %v, or name the folder of your own", names)
}
