// Package score reads a workload's file on the developer's machine and makes
// it complete: what its files name as source is written into it.
//
// It owns that completion. What the file means is delivery/workload's.
package score

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxFile bounds a score file, and each file that it names as source, in bytes.
const maxFile = 1 << 20

// File is a workload's file.
type File struct {
	Path string
	// Workload is what it means.
	Workload *workload.Workload
	source   []byte
}

// Read reads and checks the file.
func Read(path string) (*File, error) {
	src, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	w, err := workload.Parse(path, src)
	if err != nil {
		return nil, err
	}
	return &File{Path: path, Workload: w, source: src}, nil
}

// Dir is the folder that relative paths of the file start from.
func (f *File) Dir() string { return filepath.Dir(f.Path) }

// Complete returns the text with the content of every source in its place, on
// the same line, so that positions stay what they are.
func (f *File) Complete() (string, error) {
	if len(f.Workload.Sources()) == 0 {
		return string(f.source), nil
	}
	var root yaml.Node
	if err := yaml.Unmarshal(f.source, &root); err != nil || len(root.Content) == 0 {
		return "", kernel.Errorf(kernel.Invalid, "%s cannot be read as YAML: %w", f.Path, err)
	}
	edits, err := f.edits(root.Content[0])
	if err != nil {
		return "", err
	}
	lines := strings.Split(string(f.source), "\n")
	slices.SortFunc(edits, func(a, b edit) int { return b.column - a.column }) // the last on a line first
	for _, e := range edits {
		if err := e.apply(f.Path, lines); err != nil {
			return "", err
		}
	}
	return strings.Join(lines, "\n"), nil
}

// edit replaces one key and value, both on one line.
type edit struct {
	line, column int
	key, value   *yaml.Node
	text         string
}

// edits finds containers.*.files.*.source, in the map and the array form.
func (f *File) edits(root *yaml.Node) ([]edit, error) {
	var out []edit
	for _, container := range children(get(root, "containers")) {
		for _, file := range children(get(container, "files")) {
			for i := 0; i+1 < len(file.Content); i += 2 {
				if file.Kind != yaml.MappingNode || file.Content[i].Value != "source" {
					continue
				}
				e, err := f.edit(file.Content[i], file.Content[i+1])
				if err != nil {
					return nil, err
				}
				out = append(out, e)
			}
		}
	}
	return out, nil
}

func (f *File) edit(key, value *yaml.Node) (edit, error) {
	content, err := readBounded(filepath.Join(f.Dir(), filepath.FromSlash(value.Value)))
	if err != nil {
		p := kernel.Problem{File: f.Path, Line: value.Line, Column: value.Column, Message: err.Error(), Fix: "write a path relative to " + f.Path}
		return edit{}, kernel.Errorf(kernel.Invalid, "a file that %s names cannot be read", f.Path).WithProblems(p)
	}
	e := edit{line: key.Line, column: key.Column, key: key, value: value}
	if !utf8.Valid(content) {
		e.text = "binaryContent: " + base64.StdEncoding.EncodeToString(content)
		return e, nil
	}
	quoted, err := json.Marshal(string(content)) // a JSON string is a YAML string
	if err != nil {
		return edit{}, kernel.Errorf(kernel.Internal, "quote %s: %w", value.Value, err)
	}
	e.text = "content: " + string(quoted)
	return e, nil
}

// apply replaces from the key to the end of the value.
func (e edit) apply(path string, lines []string) error {
	line := []rune(lines[e.line-1]) // columns count characters
	end := e.value.Column - 1 + e.width(line)
	if e.value.Line != e.line || end > len(line) {
		return kernel.Errorf(kernel.Invalid, "a source is not written plainly").WithProblems(kernel.Problem{
			File: path, Line: e.line, Column: e.column, Path: "source", Message: "key and value are not on one line", Fix: "write source: PATH on one line"})
	}
	lines[e.line-1] = string(line[:e.column-1]) + e.text + string(line[end:])
	return nil
}

// width is how many characters the value takes as it is written.
func (e edit) width(line []rune) int {
	start := e.value.Column - 1
	if start >= len(line) || (line[start] != '"' && line[start] != '\'') {
		return utf8.RuneCountInString(e.value.Value)
	}
	closing := slices.Index(line[start+1:], line[start])
	if closing < 0 {
		return len(line) + 1
	}
	return closing + 2
}

func get(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// children are the values of a mapping or the items of a sequence.
func children(n *yaml.Node) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	var out []*yaml.Node
	for i := 1; i < len(n.Content); i += 2 {
		out = append(out, n.Content[i])
	}
	return out
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, kernel.Errorf(kernel.NotFound, "there is no file %s", path)
	}
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", path, err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, kernel.Errorf(kernel.Invalid, "%s is not a file of at most %d MiB", path, maxFile>>20)
	}
	b, err := os.ReadFile(path) //nolint:gosec // the user's own file
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", path, err)
	}
	return b, nil
}
