package leakscan

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// Most is how many bytes of a text are looked at; Result tells of the rest.
	Most = 16 << 20
	// mostMatches bounds the matches of a text.
	mostMatches = 1000
	// lineAround bounds what of a long line is held against allowlists, on each side.
	lineAround = 2 << 10
)

// NoText is why a file that is no text is not looked at.
const NoText = "it is no text"

// Source is where a text comes from.
type Source struct {
	// Name is a path with slashes; "" for a text without one.
	Name string
	// Commit is the revision, for allowlists that name some; it may be empty.
	Commit string
	// Line and Column are where the text begins, from 1; 0 is 1.
	Line, Column int
	// Key keys the fingerprints of matches; without one they have none.
	Key []byte
	// Own are values that the caller knows; nil for none.
	Own *Index
	// Tells says which of them may be told, by their names; nil for all. A text is looked
	// through as if there were no others: who guesses a value learns nothing.
	Tells func(own string) bool
	// Apart has these others told apart, for others than who has given the text: it bounds what
	// is hashed for them, in bytes. 0 has none told.
	Apart int
}

// Match is a value that should not be there.
type Match struct {
	Rule        string
	Description string
	// Line and Column are where the value begins, EndLine and EndColumn behind its end; all
	// from 1, columns in characters. A rule that goes by the path alone has no place: 0.
	Line, Column       int
	EndLine, EndColumn int
	// Entropy is Shannon's, in bits a byte.
	Entropy float64
	// Redacted shows a few characters of the value at most.
	Redacted string
	// Fingerprint is the same for the same value, for who has the same key.
	Fingerprint string
	// Own is what the index said of a value that the caller knows; "" for any other.
	Own string

	start, end int // in the text
	value      string
	generic    bool
}

// In is what was found, in the text that was looked through: it is to be kept and shown
// nowhere.
func (m Match) In(text string) string {
	if m.start < 0 || m.end < m.start || m.end > len(text) {
		return ""
	}
	return text[m.start:m.end]
}

// Result is what was found.
type Result struct {
	Matches []Match
	// Apart are the values that may not be told to who has given the text, where these were
	// asked for; of values that overlap, each. It is not ApartWhole where there may be more.
	Apart      []Match
	ApartWhole bool
	// Bytes is how much was looked at.
	Bytes int64
	// Incomplete says what was not looked at, and why; it is empty where all was.
	Incomplete string
}

// Scan looks through a text, or its first Most bytes. The error is the context's, or that
// of rules that cannot be read.
func (s *Scanner) Scan(ctx context.Context, text string, from Source) (Result, error) {
	if err := s.ready(); err != nil {
		return Result{}, err
	}
	var out Result
	if len(text) > Most {
		text, out.Incomplete = text[:Most], "only the first 16 MB were looked at"
	}
	out.Bytes = int64(len(text))
	if noText(text) {
		out.Bytes, out.Incomplete = 0, NoText
		return out, nil
	}
	own, err := from.Own.in(ctx, text, from)
	if err != nil {
		return out, err
	}
	out.Apart, out.ApartWhole = own.apart, own.wholeApart && out.Incomplete == ""
	if !own.whole {
		out.Incomplete = "too much of it begins as secrets of Terrace do: behind that, they were not looked for"
	}
	apart := newPlaces(text, from)
	for i := range out.Apart {
		apart.tell(&out.Apart[i])
	}
	passed := func(a *allow) bool { return a.place(from.Name, from.Commit) }
	if slices.ContainsFunc(s.allowed, passed) { // own values are where they should not be all the same
		t := &scan{text: text, from: from, matches: own.told, taken: len(own.told)}
		out.Matches = t.finish()
		return out, nil
	}
	t := &scan{text: text, from: from, allowed: s.allowed, names: s.names, wide: wide(text), matches: own.told, taken: len(own.told)}
	hits := s.keywords.in(text)
	for _, r := range s.ordered {
		if err := t.rule(ctx, r, hits); err != nil {
			return out, err
		}
	}
	out.Matches = t.finish()
	if len(out.Matches) > mostMatches {
		out.Matches, out.Incomplete = out.Matches[:mostMatches], "only the first 1000 findings are told"
	}
	return out, nil
}

// noText tells by its beginning that something is no text.
func noText(text string) bool {
	return strings.IndexByte(text[:min(len(text), 8<<10)], 0) >= 0
}

// wide is how many bytes a character of a text has at most.
func wide(text string) int {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return utf8.UTFMax
		}
	}
	return 1
}

// scan is one text that is looked through.
type scan struct {
	text    string
	from    Source
	allowed []*allow
	names   names
	wide    int
	matches []Match
	taken   int // how many of matches are own values
}

func (t *scan) rule(ctx context.Context, r *rule, hits map[string][]hit) error {
	if r.silent {
		return nil
	}
	for _, a := range r.allowed {
		if a.place(t.from.Name, t.from.Commit) {
			return nil
		}
	}
	if r.path != nil && !r.path.matches(t.from.Name) {
		return nil
	}
	if r.regex == nil {
		t.matches = append(t.matches, Match{Rule: r.id, Description: r.description})
		return nil
	}
	for _, sp := range r.spans(t.text, t.wide, hits) {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, at := range r.regex.compiled().FindAllStringIndex(t.text[sp.first:sp.last], mostMatches) {
			if start, end := sp.first+at[0], sp.first+at[1]; start >= sp.from && start < sp.to {
				t.match(r, start, end)
			}
		}
	}
	return nil
}

// match takes a match of a rule along, unless it is allowed.
func (t *scan) match(r *rule, start, end int) {
	whole := strings.Trim(t.text[start:end], "\n")
	start += strings.Index(t.text[start:end], whole)
	from, to, ok := value(r, whole)
	if !ok {
		return
	}
	m := Match{
		Rule: r.id, Description: r.description, start: start + from, end: start + to, value: whole[from:to], generic: r.generic(),
	}
	m.Entropy = entropy(m.value)
	if r.entropy != 0 && m.Entropy <= r.entropy || t.innocent(m) {
		return
	}
	line := t.line(start, start+len(whole))
	if strings.Contains(line, "gitleaks:allow") {
		return
	}
	f := found{value: m.value, match: whole, line: line, name: t.from.Name, commit: t.from.Commit}
	allows := func(a *allow) bool { return a.match(f) }
	if len(t.matches)-t.taken <= mostMatches && !slices.ContainsFunc(t.allowed, allows) && !slices.ContainsFunc(r.allowed, allows) {
		t.matches = append(t.matches, m)
	}
}

// value is the part of a match that is the value: the rule's group, else the first that has
// anything, else all.
func value(r *rule, whole string) (from, to int, ok bool) {
	groups := r.regex.compiled().FindStringSubmatchIndex(whole)
	if len(groups) <= 2 {
		return 0, len(whole), true
	}
	if r.group > 0 {
		return groups[2*r.group], groups[2*r.group+1], groups[2*r.group] >= 0
	}
	for i := 2; i+1 < len(groups); i += 2 {
		if groups[i] >= 0 && groups[i+1] > groups[i] {
			return groups[i], groups[i+1], true
		}
	}
	return 0, len(whole), true
}

// line returns the lines that a match is on, or what is near to it of a long one.
func (t *scan) line(start, end int) string {
	low, high := max(0, start-lineAround), min(len(t.text), end+lineAround)
	if i := strings.LastIndexByte(t.text[low:start], '\n'); i >= 0 {
		low += i + 1
	}
	if i := strings.IndexByte(t.text[end:high], '\n'); i >= 0 {
		high = end + i
	}
	return t.text[low:high]
}

// finish sorts matches by place, and leaves out those that say less of a value than others.
func (t *scan) finish() []Match {
	own := t.matches[:t.taken]
	var rest []Match
	for _, m := range t.matches[t.taken:] {
		covered := slices.ContainsFunc(own, func(o Match) bool { return o.start < m.end && m.start < o.end }) ||
			m.generic && slices.ContainsFunc(t.matches[t.taken:], func(o Match) bool {
				return !o.generic && o.start <= m.start && m.end <= o.end && o.end > 0
			})
		if !covered {
			rest = append(rest, m)
		}
	}
	all := slices.Concat(own, rest)
	slices.SortFunc(all, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.start, b.start), strings.Compare(a.Rule, b.Rule), cmp.Compare(a.end, b.end))
	})
	all = slices.CompactFunc(all, func(a, b Match) bool { return a.start == b.start && a.end == b.end && a.Rule == b.Rule })
	p := newPlaces(t.text, t.from)
	for i := range all {
		p.tell(&all[i])
	}
	return all
}
