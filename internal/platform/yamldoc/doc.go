// Package yamldoc reads one bounded YAML document into values that know their
// place, so that every problem names file, line, column and path.
//
// It owns bounds, duplicate and unknown keys, types and suggestions. It knows
// no schema: the room that reads a document says what it expects.
package yamldoc

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a document.
const (
	MaxBytes = 1 << 20
	MaxDepth = 32
	MaxNodes = 20_000
)

// Position is a place in a document; lines and columns count from 1.
type Position struct {
	Line, Column int
}

// Document is a document that was read, with the problems found in it so far.
type Document struct {
	// File is how problems name the document.
	File string
	// before is how many lines of the file are before the document.
	before   int
	src      []byte
	lines    []int // the offset at which each line starts
	root     *yaml.Node
	problems []kernel.Problem
}

// Read reads the one document of src. Its error is of kind Invalid or
// TooLarge and carries the problems.
func Read(file string, src []byte) (*Document, error) { return ReadFrom(file, 1, src) }

// ReadFrom reads one document of several in a file: it begins in the file's line, and
// that is where its problems are.
func ReadFrom(file string, line int, src []byte) (*Document, error) {
	d := &Document{File: file, before: line - 1, src: src, lines: lineStarts(src)}
	if len(src) > MaxBytes {
		return nil, kernel.Errorf(kernel.TooLarge, "%s has %d bytes, more than the %d allowed", file, len(src), MaxBytes).
			WithFix("move large content out of the file")
	}
	if d.text(); len(d.problems) == 0 {
		d.decode()
	}
	if len(d.problems) == 0 {
		d.bound()
	}
	if len(d.problems) > 0 {
		return nil, d.Err(cmp.Or(file, "this") + " is not a document that can be read")
	}
	return d, nil
}

// Text refuses what is not text in UTF-8, at the place where it is not. What a file has
// goes to the server as text in JSON, which would have other characters there.
func Text(file string, src []byte) error {
	d := &Document{File: file, src: src, lines: lineStarts(src)}
	d.text()
	return d.Err(file + " is not a text that can be read")
}

func (d *Document) text() {
	if at := notUTF8(d.src); at >= 0 {
		d.Report(d.position(at), "", "this is not text in UTF-8", "save the file as text in UTF-8")
	}
}

// notUTF8 returns the offset of the first byte that is no text in UTF-8, -1 where all are.
func notUTF8(src []byte) int {
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

func (d *Document) decode() {
	decoder := yaml.NewDecoder(bytes.NewReader(d.src))
	var first, second yaml.Node
	err := decoder.Decode(&first)
	if errors.Is(err, io.EOF) || (err == nil && len(first.Content) == 0) {
		d.Report(Position{d.before + 1, 1}, "", "the document is empty", "write the document's keys into it")
		return
	}
	if err != nil {
		d.syntax(err)
		return
	}
	if err := decoder.Decode(&second); err == nil {
		d.Report(Position{d.before + second.Line, second.Column}, "", "a second document starts here", "keep one document in one file")
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
	}
	d.root = first.Content[0]
	if d.before > 0 {
		moveDown(d.root, d.before)
	}
}

// moveDown gives a value, and all that is in it, the lines of its file.
func moveDown(n *yaml.Node, by int) {
	n.Line += by
	for _, in := range n.Content {
		moveDown(in, by)
	}
}

func (d *Document) syntax(err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	var at Position
	if m := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(message); m != nil {
		line, _ := strconv.Atoi(m[1])
		at = d.firstIn(line)
		message = strings.TrimPrefix(message, m[0])
	} else {
		at = d.firstIn(d.lineOf(err))
	}
	d.Report(at, "", "this is not YAML: "+message, "correct the indentation and quotes at or just above this line")
}

// lineOf returns the line from which on the document has an error that does not say its own.
func (d *Document) lineOf(err error) int {
	return 1 + sort.Search(len(d.lines)-1, func(before int) bool {
		end := len(d.src)
		if before+1 < len(d.lines) {
			end = d.lines[before+1]
		}
		var n yaml.Node
		failed := yaml.Unmarshal(d.src[:end], &n)
		return failed != nil && failed.Error() == err.Error()
	})
}

// firstIn returns the first place in the line that is not blank.
func (d *Document) firstIn(line int) Position {
	line = max(1, min(line, len(d.lines)))
	text := d.src[d.lines[line-1]:]
	if end := bytes.IndexByte(text, '\n'); end >= 0 {
		text = text[:end]
	}
	return Position{d.before + line, len(text) - len(bytes.TrimLeft(text, " \t")) + 1}
}

func lineStarts(src []byte) []int {
	starts := []int{0}
	for i, c := range src {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}
