package leakscan

import (
	"fmt"
	"slices"
	"strings"
)

// allow is a list of what is no finding.
type allow struct {
	all     bool // every kind of condition that is given has to hold
	commits []string
	paths   *pattern
	regexes *pattern
	target  string // what regexes are held against: the value, or "match" or "line"
	words   *words
}

func newAllow(f *fileAllow) (*allow, error) {
	a := &allow{target: f.RegexTarget, words: newWords(f.StopWords)}
	for _, c := range f.Commits {
		a.commits = append(a.commits, strings.ToLower(strings.TrimSpace(c)))
	}
	switch strings.ToUpper(f.Condition) {
	case "AND", "&&":
		a.all = true
	case "", "OR", "||":
	default:
		return nil, fmt.Errorf("condition is %q, and not and or or", f.Condition)
	}
	if !slices.Contains([]string{"", "secret", "match", "line"}, f.RegexTarget) {
		return nil, fmt.Errorf("regexTarget is %q, and not secret, match or line", f.RegexTarget)
	}
	if len(f.Commits)+len(f.Paths)+len(f.Regexes)+len(f.StopWords) == 0 {
		return nil, fmt.Errorf("it has no commits, paths, regexes or stopwords")
	}
	var err error
	if a.paths, err = anyOf(f.Paths); err != nil {
		return nil, err
	}
	a.regexes, err = anyOf(f.Regexes)
	return a, err
}

// place allows a text by where it is alone.
func (a *allow) place(name, commit string) bool {
	byCommit, byPath := a.commit(commit), name != "" && a.paths.matches(name)
	if !a.all {
		return byCommit || byPath
	}
	if a.regexes != nil || a.words != nil {
		return false
	}
	return (len(a.commits) == 0 || byCommit) && (a.paths == nil || byPath)
}

func (a *allow) commit(commit string) bool {
	return commit != "" && slices.Contains(a.commits, strings.ToLower(commit))
}

// found is a match as allowlists see it.
type found struct {
	value, match, line string
	name, commit       string
}

func (a *allow) match(f found) bool {
	against := f.value
	switch a.target {
	case "match":
		against = f.match
	case "line":
		against = f.line
	}
	byRegex, byWord := against != "" && a.regexes.matches(against), a.words.within(f.value)
	if !a.all {
		return byRegex || byWord
	}
	return (len(a.commits) == 0 || a.commit(f.commit)) &&
		(a.paths == nil || f.name != "" && a.paths.matches(f.name)) &&
		(a.regexes == nil || byRegex) && (a.words == nil || byWord)
}

// words are looked for in a short text, whatever their case.
type words struct {
	set     map[string]bool
	lengths []int
}

func newWords(all []string) *words {
	if len(all) == 0 {
		return nil
	}
	w := &words{set: map[string]bool{}}
	for _, word := range all {
		w.set[strings.ToLower(word)] = true
		if !slices.Contains(w.lengths, len(word)) {
			w.lengths = append(w.lengths, len(word))
		}
	}
	return w
}

func (w *words) within(text string) bool {
	if w == nil {
		return false
	}
	text = strings.ToLower(text)
	for i := range text {
		for _, n := range w.lengths {
			if i+n <= len(text) && w.set[text[i:i+n]] {
				return true
			}
		}
	}
	return false
}
