package agreement

import (
	"slices"
	"strings"
	"unicode"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// Speaking returns the policies that speak for a subject whose plans have the
// types: those that look at one of the types and declare a subject all of whose
// words are in the name. Where several do, the one whose words say most.
func Speaking(policies []policy.Policy, subject string, types []string) []policy.Policy {
	name := plain(subject)
	most := 0
	var speaking []policy.Policy
	for _, p := range policies {
		if p.Warns() || !looksAt(p, types) {
			continue
		}
		score := 0
		for _, declared := range p.Subjects {
			score = max(score, match(name, declared))
		}
		if score == 0 || score < most {
			continue
		}
		if score > most {
			most, speaking = score, nil
		}
		speaking = append(speaking, p)
	}
	return speaking
}

func looksAt(p policy.Policy, types []string) bool {
	return slices.ContainsFunc(p.Resources, func(r string) bool { return r == "*" || slices.Contains(types, r) })
}

// match returns how many letters of the name the words of a declared subject
// are, 0 where one of them is missing.
func match(name, declared string) int {
	score := 0
	for _, word := range words(declared) {
		if !strings.Contains(name, word) {
			return 0
		}
		score += len(word)
	}
	return score
}

// words splits a subject: azurerm_key_vault.sku_name, "AKS private cluster", AKSPrivateCluster.
func words(subject string) []string {
	var found []string
	start := 0
	runes := []rune(subject)
	flush := func(end int) {
		if word := plain(string(runes[start:end])); word != "" {
			found = append(found, word)
		}
		start = end
	}
	for i := 1; i < len(runes); i++ {
		switch {
		case !alnum(runes[i]), !alnum(runes[i-1]),
			unicode.IsUpper(runes[i]) && !unicode.IsUpper(runes[i-1]),
			unicode.IsUpper(runes[i]) && i+1 < len(runes) && unicode.IsLower(runes[i+1]):
			flush(i)
		}
	}
	flush(len(runes))
	return found
}

func alnum(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// plain is text without anything but letters and digits, in lower case.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !alnum(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}
