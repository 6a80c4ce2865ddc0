package leakscan

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
)

// The bounds of a file of rules, which whoever may push has written: what it looks for takes
// memory and time of a process that looks through texts of others as well. All rules of
// gitleaks together have the size 30,000, the largest one 1,000.
const (
	mostRules = 1000
	// largest bounds the size of one expression, and largestFile that of all in a file.
	largest, largestFile = 10_000, 300_000
	// longestStopWord is in bytes.
	longestStopWord = 100
	// mostNested is how often a list or a table may begin: they are read by functions that call
	// themselves, and a process that runs out of stack is gone. No text can hide a beginning.
	mostNested = 50_000
)

// nested refuses a text with so many lists or tables in each other that reading it would take
// all of the stack.
func nested(text string) error {
	if n := strings.Count(text, "[") + strings.Count(text, "{"); n > mostNested {
		return fmt.Errorf("it has %d opening brackets and braces, and at most %d are taken", n, mostNested)
	}
	return nil
}

// bounded refuses a file of rules that is beyond the bounds. Expressions that cannot be read
// are told elsewhere.
func (f *file) bounded(name string) error {
	if len(f.Rules) > mostRules {
		return fmt.Errorf("%s: it has %d rules, and %d are taken: put those that look for like values into one", name, len(f.Rules), mostRules)
	}
	size := 0
	for _, r := range f.Rules {
		one, err := sizeOf(append([]string{r.Regex, r.Path}, expressions(allOf(r.Allowlist, r.Allowlists))...))
		if err == nil {
			err = stopWords(allOf(r.Allowlist, r.Allowlists))
		}
		if err != nil {
			return fmt.Errorf("%s: rule %s: %w", name, r.ID, err)
		}
		size += one
	}
	all := allOf(f.Allowlist, f.Allowlists)
	one, err := sizeOf(expressions(all))
	if err == nil {
		err = stopWords(all)
	}
	if err != nil {
		return fmt.Errorf("%s: allowlist: %w", name, err)
	}
	if size += one; size > largestFile {
		return fmt.Errorf("%s: its expressions have the size %d together, and at most %d is taken: leave some out, or bound what they repeat more tightly", name, size, largestFile)
	}
	return nil
}

func expressions(all []*fileAllow) []string {
	var found []string
	for _, a := range all {
		found = slices.Concat(found, a.Paths, a.Regexes)
	}
	return found
}

func stopWords(all []*fileAllow) error {
	for _, a := range all {
		for _, word := range a.StopWords {
			if len(word) > longestStopWord {
				return fmt.Errorf("a stopword has %d bytes, and at most %d are taken", len(word), longestStopWord)
			}
		}
	}
	return nil
}

// sizeOf is the size of expressions together.
func sizeOf(sources []string) (total int, err error) {
	for _, source := range sources {
		re, err := parse(source)
		if err != nil {
			continue
		}
		one := size(re)
		if one > largest {
			return 0, fmt.Errorf("an expression has the size %d, and at most %d is taken: bound what it repeats more tightly", one, largest)
		}
		total += one
	}
	return total, nil
}

// size is about how many steps an expression is made of once it is compiled: what is repeated
// up to a number of times is there so often.
func size(re *syntax.Regexp) int {
	n := 1
	for _, sub := range re.Sub {
		n += size(sub)
	}
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpRepeat:
		return 1 + (n-1)*max(re.Min, re.Max, 1)
	default:
		return n
	}
}
