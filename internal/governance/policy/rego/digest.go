package rego

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
)

// digest names a value of JSON: two that are alike have the same, and no others.
type digest [sha256.Size]byte

// digestOf returns false where something is in the value that JSON does not have. It
// writes into the buffer, which it returns for the next.
func digestOf(v any, buffer []byte) (digest, []byte, bool) {
	text, ok := written(buffer[:0], v)
	return sha256.Sum256(text), text, ok
}

// written puts v behind text, so that where each part ends is certain.
func written(text []byte, v any) ([]byte, bool) {
	ok := true
	switch v := v.(type) {
	case nil:
		text = append(text, '0')
	case bool:
		if v {
			return append(text, 't'), true
		}
		text = append(text, 'f')
	case string:
		text = counted(text, 's', v)
	case json.Number:
		text = counted(text, 'n', string(v))
	case []any:
		text = binary.AppendUvarint(append(text, '['), uint64(len(v)))
		for i := 0; i < len(v) && ok; i++ {
			text, ok = written(text, v[i])
		}
	case map[string]any:
		text = binary.AppendUvarint(append(text, '{'), uint64(len(v)))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if text, ok = written(counted(text, 'k', key), v[key]); !ok {
				break
			}
		}
	default:
		return text, false
	}
	return text, ok
}

func counted(text []byte, kind byte, s string) []byte {
	return append(binary.AppendUvarint(append(text, kind), uint64(len(s))), s...)
}
