package landingzone

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/platform/tfvariables"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// maxConfiguration bounds one file of the configuration, in bytes.
const maxConfiguration = 4 << 20

// inputs are what a landing zone is applied with, as the file has them.
type inputs struct {
	file   string
	doc    *yamldoc.Document
	values map[string]any
	// uses are where the file refers to secrets, in its order.
	uses []use
	// names are where the variables are named.
	names map[string]yamldoc.Value
}

// use is one place with a reference.
type use struct {
	variable, path string
	reference      secretref.Reference
	at             yamldoc.Position
}

// readInputs reads the file; what is wrong in it is told with its place.
func readInputs(file string) (*inputs, error) {
	raw, err := command.Read(file, maxFile)
	if err != nil {
		return nil, err
	}
	in := &inputs{file: file, values: map[string]any{}, names: map[string]yamldoc.Value{}}
	if in.doc, err = yamldoc.Read(file, raw); err != nil {
		return nil, err
	}
	root := in.doc.Root()
	if !root.IsObject() {
		root.Problem("write NAME: VALUE for each variable, such as admin_password: ${secret:PROJECT/NAME}", "the inputs are %s", root.Kind())
		return nil, in.err()
	}
	root.EachKey(func(key, value yamldoc.Value) {
		name := key.Text()
		in.names[name] = key
		in.values[name] = value.Any(func(v yamldoc.Value, text string) any {
			in.refer(name, v, text)
			return text
		})
	})
	return in, in.err()
}

func (in *inputs) err() error { return in.doc.Err(in.file + " has no inputs of a landing zone") }

// refer notes the references in a text.
func (in *inputs) refer(variable string, v yamldoc.Value, text string) {
	pieces, err := secretref.Split(text)
	if wrong, is := errors.AsType[*secretref.Error](err); is {
		v.ProblemAt(v.Inside(wrong.Offset, len(text)), "write ${secret:PROJECT/NAME}, with #KEY for one of its keys and @VERSION for one version", "%s", wrong.Message)
		return
	}
	offset := 0
	for _, p := range pieces {
		if p.Reference == nil {
			offset += len(p.Literal)
			continue
		}
		written := p.Reference.String()
		at := v.Inside(offset, offset+len(written))
		if !strings.Contains(p.Reference.Name, "/") {
			v.ProblemAt(at, "write ${secret:PROJECT/"+p.Reference.Inside()+"}: it is of the landing zone's stage", "%s does not say which project's secret is meant", written)
		}
		in.uses = append(in.uses, use{variable, v.Path(), *p.Reference, at})
		offset += len(written)
	}
}

// fits refuses inputs that the configuration in a folder has not, and secrets for variables whose values
// the tool shows.
func (in *inputs) fits(folder string, variables map[string]tfvariables.Variable) error {
	known := slices.Sorted(maps.Keys(variables))
	for _, name := range slices.Sorted(maps.Keys(in.names)) {
		if _, there := variables[name]; there {
			continue
		}
		fix := "declare it in " + folder + ", or take it out here"
		if near := yamldoc.Nearest(name, known); near != "" {
			fix = "did you mean " + near + "?"
		}
		in.names[name].Problem(fix, "%s declares no variable %q", folder, name)
	}
	for _, u := range in.uses {
		v, there := variables[u.variable]
		if !there || v.Secret() {
			continue
		}
		in.doc.Report(u.at, u.path,
			fmt.Sprintf("%s is a secret, and the variable %s (%s:%d) is not sensitive: plans and logs would show its value", u.reference, u.variable, filepath.Join(folder, v.File), v.Line),
			"write sensitive = true to the variable, or ephemeral = true where it goes into write-only arguments alone")
	}
	return in.doc.Err(in.file + " does not fit the configuration in " + folder)
}

// references are those that the server is asked for, each once.
func (in *inputs) references() []string {
	var all []string
	for _, u := range in.uses {
		if text := u.reference.String(); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// located gives problems that name a reference its places in the file.
func (in *inputs) located(err error) error {
	e, is := errors.AsType[*kernel.Error](err)
	if !is || len(e.Problems) == 0 {
		return err
	}
	var all []kernel.Problem
	for _, p := range e.Problems {
		before := len(all)
		for _, u := range in.uses {
			if u.reference.String() == p.Path {
				all = append(all, kernel.Problem{File: in.file, Line: u.at.Line, Column: u.at.Column, Path: u.path, Message: p.Message, Fix: p.Fix})
			}
		}
		if len(all) == before {
			all = append(all, p)
		}
	}
	e.Problems = all
	return err
}

// environment are the variables of the tool's environment that the inputs are, with the values
// of secrets by their references.
func (in *inputs) environment(variables map[string]tfvariables.Variable, secrets map[string]string) ([]string, error) {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(in.values)) {
		value := put(in.values[name], secrets)
		text, plain := value.(string)
		if !plain || variables[name].Structured {
			raw, err := json.Marshal(literal(value))
			if err != nil {
				return nil, fmt.Errorf("input %s: %w", name, err)
			}
			text = string(raw)
		}
		if strings.ContainsRune(text, 0) {
			return nil, kernel.Errorf(kernel.Invalid, "the value of the input %s has a zero byte, which no environment can hold", name).WithFix("keep it as base64, and decode it in the configuration")
		}
		all = append(all, "TF_VAR_"+name+"="+text)
	}
	return all, nil
}

// put returns a value with secrets in the places of their references.
func put(value any, secrets map[string]string) any {
	switch v := value.(type) {
	case string:
		pieces, err := secretref.Split(v)
		if err != nil {
			return v // it was read before
		}
		var b strings.Builder
		for _, p := range pieces {
			if p.Reference != nil {
				b.WriteString(secrets[p.Reference.String()])
			} else {
				b.WriteString(p.Literal)
			}
		}
		return b.String()
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = put(item, secrets)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, item := range v {
			out[key] = put(item, secrets)
		}
		return out
	}
	return value
}

// literal returns a value whose texts mean themselves in an expression, which JSON else is.
func literal(value any) any {
	switch v := value.(type) {
	case string:
		return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = literal(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, item := range v {
			out[key] = literal(item)
		}
		return out
	}
	return value
}

// variablesIn reads the variables of the configuration in a folder.
func variablesIn(folder string) (map[string]tfvariables.Variable, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, kernel.Errorf(kernel.NotFound, "the folder %s cannot be read", folder).WithFix("name the folder with the .tf files with --folder")
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if e.IsDir() || !tfvariables.Configuration(e.Name()) {
			continue
		}
		if files[e.Name()], err = command.Read(filepath.Join(folder, e.Name()), maxConfiguration); err != nil {
			return nil, err
		}
	}
	if len(files) == 0 {
		return nil, kernel.Errorf(kernel.NotFound, "there is no configuration in %s: it has no .tf file", folder).WithFix("name the folder with the .tf files with --folder")
	}
	return tfvariables.Of(files), nil
}
