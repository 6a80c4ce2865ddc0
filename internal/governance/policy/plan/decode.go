package plan

import (
	"bytes"
	"encoding/json"
	"errors"

	fastjson "github.com/segmentio/encoding/json"
)

// deepest is how deep a document may be for the faster decoder, which has no bound of
// its own and reads all that is in a value again for each value around it. What is
// deeper is for encoding/json, which reads it once, and has a bound.
const deepest = 64

// decode reads one object of JSON, with its numbers as they are written, and says how
// its changes are written, where it has several. Its texts are those of the content, which nobody may
// change afterwards.
func decode(content []byte) (document map[string]any, written [][]byte, err error) {
	s := survey{content: content}
	if s.look(); s.deepest > deepest {
		d := json.NewDecoder(bytes.NewReader(content))
		d.UseNumber()
		err := d.Decode(&document)
		return document, nil, err
	}
	if document, ok := s.together(); ok {
		return document, s.written(), nil
	}
	rest, err := parse(content, &document)
	if err == nil && len(bytes.TrimSpace(rest)) > 0 {
		err = errors.New("there is something behind it")
	}
	return document, nil, err
}

// parse reads one value, and returns what is behind it.
func parse(content []byte, into any) (rest []byte, err error) {
	return fastjson.Parse(content, into, fastjson.UseNumber|fastjson.ZeroCopy)
}
