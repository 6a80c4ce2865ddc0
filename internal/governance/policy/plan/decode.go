package plan

import (
	"bytes"
	"encoding/json"
	"errors"

	fastjson "github.com/segmentio/encoding/json"
)

// deepest is how deep a document may be for the faster decoder, which has no bound of
// its own; encoding/json has one, and takes what is deeper.
const deepest = 1_000

// decode reads one object of JSON, with its numbers as they are written. Its texts are
// those of the content, which nobody may change afterwards.
func decode(content []byte) (map[string]any, error) {
	var document map[string]any
	s := survey{content: content}
	if s.look(); s.deepest > deepest {
		d := json.NewDecoder(bytes.NewReader(content))
		d.UseNumber()
		return document, d.Decode(&document)
	}
	if document, ok := s.together(); ok {
		return document, nil
	}
	rest, err := parse(content, &document)
	if err == nil && len(bytes.TrimSpace(rest)) > 0 {
		err = errors.New("there is something behind it")
	}
	return document, err
}

// parse reads one value, and returns what is behind it.
func parse(content []byte, into any) (rest []byte, err error) {
	return fastjson.Parse(content, into, fastjson.UseNumber|fastjson.ZeroCopy)
}
