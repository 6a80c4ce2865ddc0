package leakscan

import "slices"

// Rules are what is looked for in the files of a folder or a repository: as gitleaks ships
// them, or as the folder's own .gitleaks.toml says, but for what its .gitleaksignore names.
type Rules struct {
	Scanner *Scanner
	Ignored Ignored

	ignores string // the file that Ignored is from
}

// Digest is the same for rules by which the same is found.
func (r Rules) Digest() string { return digestOf(r.Scanner.Digest(), r.ignores) }

// The files in which a folder says what is looked for in it.
const (
	ConfigFile = ".gitleaks.toml"
	IgnoreFile = ".gitleaksignore"
)

// RulesOf returns the rules of a folder whose files read returns; ok is false for one that
// is not there. shipped are those without any of its own.
func RulesOf(shipped *Scanner, read func(name string) (text string, ok bool, err error)) (Rules, error) {
	r := Rules{Scanner: shipped}
	text, ok, err := read(ConfigFile)
	if err != nil {
		return r, err
	}
	if ok {
		if r.Scanner, err = WithConfig(text, ConfigFile); err != nil {
			return Rules{Scanner: shipped}, err
		}
	}
	if text, ok, err = read(IgnoreFile); err != nil || !ok {
		return r, err
	}
	r.Ignored, err = ParseIgnored(text, IgnoreFile)
	r.ignores = text
	return r, err
}

// Left returns the matches in a file that are not ignored; secrets of Terrace's own never are.
func (r Rules) Left(commit, name string, all []Match) []Match {
	return slices.DeleteFunc(all, func(m Match) bool { return m.Own == "" && r.Ignored.Has(commit, name, m) })
}
