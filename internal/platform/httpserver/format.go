package httpserver

import (
	"errors"
	"maps"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// formats are huma's, with JSON in UTF-8 alone (RFC 8259 §8.1): what is not would be kept
// with other characters than were sent.
func formats() map[string]huma.Format {
	all := maps.Clone(huma.DefaultFormats)
	for _, name := range []string{"application/json", "json"} {
		f := all[name]
		read := f.Unmarshal
		f.Unmarshal = func(data []byte, to any) error {
			if !utf8.Valid(data) {
				return errors.New("the body is not text in UTF-8")
			}
			return read(data, to)
		}
		all[name] = f
	}
	return all
}
