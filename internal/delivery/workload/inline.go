package workload

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// The annotations that tell what use of a workload's resources is expected: as
// text, and as the name of a file beside the Score file, which Inline reads.
const (
	UsageAnnotation     = "terrace.dev/usage"
	UsageFileAnnotation = "terrace.dev/usage-file"
)

// maxUsage bounds a usage file, in bytes: it is kept with each release.
const maxUsage = 64 << 10

// Inline returns the Score file with the content of its files, and of the usage
// file, in place of their sources, which read gives; all else, and the number of every line, stays. The
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
	metadata, _ := doc.Root().Open().Get("metadata")
	if annotated, ok := metadata.Open().Get("annotations"); ok {
		annotated.EachKey(func(key, value yamldoc.Value) {
			if key.Text() == UsageFileAnnotation {
				edits = append(edits, inlinedUsage(key, value, read))
			}
		})
	}
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

// inlinedUsage puts a usage file's text where its name is.
func inlinedUsage(key, value yamldoc.Value, read func(string) ([]byte, error)) yamldoc.Edit {
	var content []byte
	edit := inlined(key, value, func(path string) ([]byte, error) {
		var err error
		content, err = read(path)
		if err == nil && (len(content) > maxUsage || !utf8.Valid(content)) {
			err = kernel.Errorf(kernel.Invalid, "a usage file is text of at most %d KiB", maxUsage>>10)
		}
		return content, err
	})
	edit.Text = UsageAnnotation + strings.TrimPrefix(contentEntry(content), "content")
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
