package workload

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Inline returns the Score file with the content of its files in place of their
// sources, which read gives; all else, and the number of every line, stays. The
// file must be one that Parse reads.
func Inline(file string, src []byte, read func(path string) ([]byte, error)) ([]byte, error) {
	if _, err := Parse(file, src); err != nil {
		return nil, err
	}
	doc, err := yamldoc.Read(file, src)
	if err != nil {
		return nil, err
	}
	containers, _ := doc.Root().Open().Get("containers")
	var edits []yamldoc.Edit
	containers.Each(func(_ string, container yamldoc.Value) {
		mounts(container.Open(), "files", func(m mount) {
			m.entry.EachKey(func(key, value yamldoc.Value) {
				if key.Text() == "source" {
					edits = append(edits, inlined(key, value, read))
				}
			})
		})
	})
	if err := doc.Err(file + " names files that cannot be used"); err != nil {
		return nil, err
	}
	return doc.Apply(edits), nil
}

func inlined(key, value yamldoc.Value, read func(string) ([]byte, error)) yamldoc.Edit {
	edit, ok := key.Through(value)
	if !ok {
		value.Problem("write the path on the line of its key", "the path goes over several lines")
		return edit
	}
	content, err := read(value.Text())
	if err != nil {
		value.Problem("check the path; it is relative to the Score file", "cannot read %q: %v", value.Text(), err)
		return edit
	}
	edit.Text = contentEntry(content)
	return edit
}

// contentEntry writes the content as one line of YAML.
func contentEntry(content []byte) string {
	if !utf8.Valid(content) || bytes.ContainsRune(content, 0) {
		return `binaryContent: "` + base64.StdEncoding.EncodeToString(content) + `"`
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(string(content)) // a text always encodes
	return "content: " + string(escapeControls(bytes.TrimSpace(b.Bytes())))
}
