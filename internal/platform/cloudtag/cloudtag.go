// Package cloudtag knows which tags a cloud takes.
//
// It owns Azure's limits, which are the narrowest of those that Terrace deploys to
// by tags. It does not own whose tags there are, nor which must be.
package cloudtag

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The limits of Azure Resource Manager.
const (
	// Most is how many tags a resource may have.
	Most = 50
	// MaxKey and MaxValue bound a tag, in characters.
	MaxKey   = 512
	MaxValue = 256
)

// forbidden are characters that no key may have.
const forbidden = `<>%&\?/`

// reserved are what no key may begin with, whatever its case.
func reserved() []string { return []string{"azure", "microsoft", "windows"} }

// Check returns what is wrong with a tag.
func Check(key, value string) []kernel.Problem {
	var problems []kernel.Problem
	add := func(bad bool, message, fix string) {
		if bad {
			problems = append(problems, kernel.Problem{Path: "tags." + short(key), Message: message, Fix: fix})
		}
	}
	add(strings.TrimSpace(key) == "" || strings.TrimSpace(key) != key, "a tag's key cannot be empty, nor begin or end with a space", "name it like costcenter")
	add(utf8.RuneCountInString(key) > MaxKey, fmt.Sprintf("the key has more than %d characters", MaxKey), "shorten it")
	add(strings.ContainsAny(key, forbidden) || strings.ContainsFunc(key, control), "the key has a character that Azure does not take", "leave out "+forbidden+" and line breaks")
	add(slices.ContainsFunc(reserved(), func(p string) bool { return strings.HasPrefix(strings.ToLower(key), p) }), "keys that begin with azure, microsoft or windows are Azure's own", "choose another")
	add(utf8.RuneCountInString(value) > MaxValue, fmt.Sprintf("the value of %s has more than %d characters", short(key), MaxValue), "shorten it")
	add(strings.ContainsFunc(value, control), "the value of "+short(key)+" has line breaks or other control characters", "leave them out")
	return problems
}

func control(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }

// Same reports whether two keys are one tag to Azure, which ignores case.
func Same(a, b string) bool { return strings.EqualFold(a, b) }

func short(key string) string {
	if r := []rune(key); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return key
}
