package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// decode reads one object of JSON, with its numbers as they are written, and says how
// its changes are written, where it has several.
func decode(content []byte) (document map[string]any, written [][]byte, err error) {
	s := survey{content: content}
	s.look()
	if document, ok := s.together(); ok {
		return document, s.written(), nil
	}
	if document, ok := whole(string(content)); ok {
		return document, nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(content)) // it is deeper, or has a mistake
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		return nil, nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("there is something behind it")
	}
	return document, nil, nil
}

// whole reads an object.
func whole(text string) (map[string]any, bool) {
	r := reader{text: text}
	v, ok := r.value(deepest)
	document, is := v.(map[string]any)
	return document, ok && is && r.end()
}
