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
	if depth(content) > deepest {
		d := json.NewDecoder(bytes.NewReader(content))
		d.UseNumber()
		return document, d.Decode(&document)
	}
	rest, err := fastjson.Parse(content, &document, fastjson.UseNumber|fastjson.ZeroCopy)
	if err == nil && len(bytes.TrimSpace(rest)) > 0 {
		err = errors.New("there is something behind it")
	}
	return document, err
}

// depth is how many objects and lists are in each other at most.
func depth(content []byte) (most int) {
	now, quoted := 0, false
	for i := 0; i < len(content); i++ {
		switch c := content[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			now++
			most = max(most, now)
		case c == '}', c == ']':
			now--
		}
	}
	return most
}
