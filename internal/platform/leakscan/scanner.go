package leakscan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/zricethezav/gitleaks/v8/config"
)

// findsBy is part of the digest of rules: it changes when the same rules come to find other
// values.
const findsBy = "1"

// Scanner looks for what its rules say. It is safe for concurrent use.
type Scanner struct {
	digest string
	once   sync.Once
	load   func() (set, error)
	failed error

	ordered  []*rule
	allowed  []*allow
	keywords *keywords
	names    names
}

// New returns a scanner with the rules that gitleaks ships. They are read when something is
// scanned first, and each is made ready when a text has a word of its.
func New() *Scanner { return &Scanner{load: shipped, digest: digestOf(config.DefaultConfig)} }

// None returns a scanner without rules: it looks for values that the caller knows, alone.
func None() *Scanner {
	return &Scanner{load: func() (set, error) { return set{}, nil }, digest: digestOf("")}
}

// Digest is the same for scanners that find the same.
func (s *Scanner) Digest() string { return s.digest }

func digestOf(parts ...string) string {
	sum := sha256.New()
	for _, part := range append([]string{findsBy}, parts...) {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(part), part) // a hash does not fail
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

func shipped() (set, error) {
	const name = "the rules of gitleaks"
	f, err := read(config.DefaultConfig, name)
	if err != nil {
		return set{}, err
	}
	s, err := f.rules(name)
	if err != nil {
		return s, err
	}
	return s, s.target(name)
}

// WithConfig returns a scanner with the rules and allowlists of a .gitleaks.toml, over
// those that gitleaks ships where it says extend.useDefault. What is wrong in it is told
// with its place. Rules that need others (required) and extend.path are refused, as nothing
// is left out silently.
func WithConfig(text, name string) (*Scanner, error) {
	f, err := read(text, name)
	if err != nil {
		return nil, err
	}
	if err := f.bounded(name); err != nil {
		return nil, err
	}
	all, err := f.rules(name)
	if err != nil {
		return nil, err
	}
	if f.Extend.UseDefault {
		base, err := shipped()
		if err != nil {
			return nil, err
		}
		if all, err = f.over(all, base, name); err != nil {
			return nil, err
		}
	}
	if err := all.target(name); err != nil {
		return nil, err
	}
	s := &Scanner{load: func() (set, error) { return all, nil }, digest: digestOf(text)}
	if f.Extend.UseDefault {
		s.digest = digestOf(text, config.DefaultConfig)
	}
	return s, s.ready()
}

func (s *Scanner) ready() error {
	s.once.Do(func() {
		all, err := s.load()
		if err != nil {
			s.failed = err
			return
		}
		for _, r := range all.byID {
			if err := r.checked(); err != nil {
				s.failed = err
				return
			}
			s.ordered = append(s.ordered, r)
		}
		slices.SortFunc(s.ordered, func(a, b *rule) int { return strings.Compare(a.id, b.id) })
		s.allowed, s.keywords, s.names = all.allowed, newKeywords(all.byID), newNames()
	})
	if s.failed != nil {
		return fmt.Errorf("look for leaked values: %w", s.failed)
	}
	return nil
}

// Rule is what a scanner looks for.
type Rule struct {
	ID          string `json:"id"`
	Description string `json:"description"`
}

// OwnRule is the rule of a match with a value that the caller knows.
func OwnRule() Rule {
	return Rule{ID: "terrace-secret", Description: "A value that Terrace keeps as a secret stands here in the clear, or in a form that everybody can read."}
}

// Rules returns what is looked for, by id; OwnRule is not among them.
func (s *Scanner) Rules() ([]Rule, error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	all := make([]Rule, len(s.ordered))
	for i, r := range s.ordered {
		all[i] = Rule{ID: r.id, Description: r.description}
	}
	return all, nil
}
