package rego

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// merge puts the data of all folders into one document. The content of
// a/b/c.yaml is at data.a.b, as Open Policy Agent and Conftest load it.
func merge(folders []policy.Folder) (map[string]any, []kernel.Problem) {
	data := map[string]any{}
	var problems []kernel.Problem
	for _, folder := range folders {
		for _, f := range folder.Data {
			if err := add(data, f); err != nil {
				problems = append(problems, kernel.Problem{File: f.Name, Message: err.Error(), Fix: "keep data that policies read beside them, and other files elsewhere"})
			}
		}
	}
	return data, problems
}

func add(data map[string]any, f policy.File) error {
	content, err := decode(f)
	if err != nil {
		return err
	}
	if dir := path.Dir(f.Path); dir != "." {
		parts := strings.Split(dir, "/")
		for i := len(parts) - 1; i >= 0; i-- {
			content = map[string]any{parts[i]: content}
		}
	}
	object, ok := content.(map[string]any)
	if !ok {
		return errors.New("the data at the top of a folder must be an object")
	}
	return unite(data, object, "data")
}

// decode reads one document of JSON or YAML.
func decode(f policy.File) (any, error) {
	var content any
	var err error
	if path.Ext(f.Path) == ".json" {
		d := json.NewDecoder(bytes.NewReader(f.Content))
		d.UseNumber()
		if err = d.Decode(&content); err == nil && d.More() {
			err = errors.New("there is more than one document")
		}
	} else {
		d := yaml.NewDecoder(bytes.NewReader(f.Content))
		if err = d.Decode(&content); err == nil && d.Decode(new(any)) == nil {
			err = errors.New("there is more than one document")
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		return map[string]any{}, nil
	case err != nil:
		return nil, fmt.Errorf("this is no data: %w", err)
	default:
		return texts(content), nil
	}
}

// texts makes the keys of maps text, as JSON has them.
func texts(v any) any {
	switch v := v.(type) {
	case map[any]any:
		object := make(map[string]any, len(v))
		for key, value := range v {
			object[fmt.Sprint(key)] = texts(value)
		}
		return object
	case map[string]any:
		for key, value := range v {
			v[key] = texts(value)
		}
	case []any:
		for i, value := range v {
			v[i] = texts(value)
		}
	}
	return v
}

// unite adds the keys of more to data; a key that both have must be an object in both.
func unite(data, more map[string]any, at string) error {
	for key, value := range more {
		old, known := data[key]
		if !known {
			data[key] = value
			continue
		}
		a, okA := old.(map[string]any)
		b, okB := value.(map[string]any)
		if !okA || !okB {
			return fmt.Errorf("another file has %s.%s, too", at, key)
		}
		if err := unite(a, b, at+"."+key); err != nil {
			return err
		}
	}
	return nil
}

// taken reports whether data has something at the path.
func taken(data map[string]any, path []string) bool {
	var v any = data
	for _, step := range path {
		object, _ := v.(map[string]any)
		next, ok := object[step]
		if !ok {
			return false
		}
		v = next
	}
	return true
}
