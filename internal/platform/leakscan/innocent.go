package leakscan

import "strings"

// innocent says that what looks like a value is none: a reference to one, or what stands in
// its place.
func (t *scan) innocent(m Match) bool {
	for _, mark := range []string{"[secret]", "(secret)", "(sensitive value)", "${secret:", "${resources.", "${metadata.", "${shared."} {
		if strings.Contains(m.value, mark) {
			return true
		}
	}
	return t.withinReference(m) || m.generic && t.names.tell(m.value, t.text[max(0, m.start-10):m.start])
}

// withinReference says that the match is in a reference, which names a value.
func (t *scan) withinReference(m Match) bool {
	before := t.text[max(0, m.start-300):m.start]
	i := strings.LastIndex(before, "${")
	if i < 0 || strings.ContainsAny(before[i:], "}\n") {
		return false
	}
	for _, of := range []string{"secret:", "resources.", "metadata.", "shared."} {
		if strings.HasPrefix(before[i+2:], of) {
			return true
		}
	}
	return false
}

// names are of things, which the rule that goes by a name beside a value takes for values:
// ids, and digests that say that they are some.
type names struct{ id, digest, before *pattern }

func newNames() names {
	return names{
		id: &pattern{source: `^(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$` + // RFC 9562
			`|^[a-z]{2,8}_[0-9A-HJKMNP-TV-Z]{26}$`}, // ids of Terrace
		digest: &pattern{source: `(?i)^(?:sha(?:1|224|256|384|512)|md5|blake2b)[-:=]`},
		before: &pattern{source: `(?i)(?:sha(?:1|224|256|384|512)|md5|blake2b)[-:=]$|\b(?:h1|zh):$`},
	}
}

func (n names) tell(value, before string) bool {
	return n.id.matches(value) || n.digest.matches(value) || n.before.matches(before)
}
