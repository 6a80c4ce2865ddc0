package plan

import (
	"bytes"
	"slices"
	"sync"
)

const (
	// long is from how many bytes on a document is read by several.
	long = 128 << 10
	// changes is what is read beside the rest of a document.
	changes = `"resource_changes"`
)

// survey is what there is to know of a document before it is read: how deep it is, and
// where its changes are, most of what is in it.
type survey struct {
	content []byte
	deepest int
	// from and to are the brackets of the changes, commas what is between them.
	from, to int
	commas   []int
}

func (s *survey) look() {
	now, quoted, within := 0, false, false
	for i := 0; i < len(s.content); i++ {
		switch c := s.content[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			if now++; now == 2 && c == '[' && s.to == 0 && s.ofChanges(i) {
				s.from, within = i, true
			}
			s.deepest = max(s.deepest, now)
		case c == '}', c == ']':
			if now--; now == 1 && within {
				s.to, within = i, false
			}
		case c == ',' && within && now == 2:
			s.commas = append(s.commas, i)
		}
	}
}

// ofChanges reports whether the list that begins at a place is that of the changes.
func (s *survey) ofChanges(at int) bool {
	before := bytes.TrimRight(s.content[:at], " \t\r\n")
	before, colon := bytes.CutSuffix(before, []byte(":"))
	before, key := bytes.CutSuffix(bytes.TrimRight(before, " \t\r\n"), []byte(changes))
	return colon && key && !bytes.HasSuffix(before, []byte(`\`))
}

// together reads a long document in three parts at once: two halves of its changes and
// the rest. It returns false where one has a mistake, or is not what it looked like.
func (s *survey) together() (map[string]any, bool) {
	if len(s.content) < long || len(s.commas) == 0 || s.to == 0 {
		return nil, false
	}
	middle, _ := slices.BinarySearch(s.commas, (s.from+s.to)/2)
	half := s.commas[min(middle, len(s.commas)-1)]
	var lists [2][]any
	var good [2]bool
	var parts sync.WaitGroup
	parts.Go(func() { lists[0], good[0] = values(s.content[s.from+1 : half]) })
	parts.Go(func() { lists[1], good[1] = values(s.content[half+1 : s.to]) })
	document, rest := s.rest()
	parts.Wait()
	if !good[0] || !good[1] || !rest {
		return nil, false
	}
	document["resource_changes"] = slices.Concat(lists[0], lists[1])
	return document, true
}

// rest reads what is around the changes.
func (s *survey) rest() (map[string]any, bool) {
	var document map[string]any
	behind, err := parse(slices.Concat(s.content[:s.from], []byte("null"), s.content[s.to+1:]), &document)
	hole, there := document["resource_changes"]
	return document, err == nil && len(bytes.TrimSpace(behind)) == 0 && there && hole == nil
}

// values reads values with commas between them, at least one.
func values(content []byte) (all []any, ok bool) {
	for {
		var v any
		rest, err := parse(content, &v)
		if err != nil {
			return nil, false
		}
		all = append(all, v)
		switch rest = bytes.TrimLeft(rest, " \t\r\n"); {
		case len(rest) == 0:
			return all, true
		case rest[0] != ',':
			return nil, false
		}
		content = rest[1:]
	}
}
