package azure

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// asGo has Go read what is written for .NET: the spelling of signs differs, and look-around
// is not to be had.
func asGo(t *testing.T, written string) *regexp.Regexp {
	t.Helper()
	written = strings.ReplaceAll(written, `[\ud800-\udbff][\udc00-\udfff]`, `[\x{10000}-\x{10ffff}]`)
	return regexp.MustCompile(`\A(?:` + regexp.MustCompile(`\\u([0-9a-f]{4})`).ReplaceAllString(written, `\x{$1}`) + `)\z`)
}

// TestExpressionsMeanTheSame: what .NET reads takes what the gateway's own expression takes,
// of signs that the one and the other name otherwise, too.
func TestExpressionsMeanTheSame(t *testing.T) {
	t.Parallel()
	values := []string{"", "/", "a", "A", "ab", "1", "\u0661", "\u00e9", "_", " ", "\v", "\u00a0", "\n", "a\n", "\u212a", "k", "\u017f", "s", "\U0001f600", "/orders/12", "/orders/1x", "a.b", "a-b", "\\", "[", "x^", "aa", "aaa", "/a/b", "(?"}
	for _, pattern := range []string{
		`\d+`, `\D`, `\w`, `\W`, `\s`, `\S`, `.`, `(?s).`, `.*`, `a$`, `^a`, `(?i)k`, `(?i)s`, `(?i:A)b?`, `[^/]`, `[\w.-]+`, `[[:alpha:]]`, `\Qa.b\E`, `(?P<name>a)`, `\x{e9}`, `\x41`, `\pZ`,
		`/orders/[0-9]+`, `a{2}`, `a{2,}?`, `a|ab`, `(/[^/]+)*`, `\\`, `\[`, `x\^`, `[^\x00-\x{10FFFF}]`, ``, `\(\?`, `a*?`, `\p{Lu}?x`,
	} {
		written, problem, _ := dotnet(pattern)
		if problem != "" {
			if pattern != `\p{Lu}?x` {
				t.Errorf("%s: %s", pattern, problem)
			}
			continue
		}
		if strings.ContainsAny(regexp.MustCompile(`\\u[0-9a-f]{4}|\\[Az]|\(\?[:!=<]|\(\?<[!=]`).ReplaceAllString(written, ""), `\<&'`) {
			t.Errorf("%s is written with what .NET may read otherwise: %s", pattern, written)
		}
		if written == "(?!)" {
			continue
		}
		own, other := regexp.MustCompile(`\A(?:`+pattern+`)\z`), asGo(t, written)
		for _, v := range values {
			if own.MatchString(v) != other.MatchString(v) {
				t.Errorf("%s, written %s, takes %q: %v", pattern, written, v, other.MatchString(v))
			}
		}
	}
	if written, _, _ := dotnet(`(?m)^a$\b\B`); written != `(?:(?<![^\n])a(?![^\n])(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_])))` {
		t.Errorf("boundaries: %s", written)
	}
}

// TestExpressionsThatTryForLong are refused, and those whose turns are told apart are not.
func TestExpressionsThatTryForLong(t *testing.T) {
	t.Parallel()
	for pattern, long := range map[string]bool{
		`/(a+)+b`: true, `(a*)*`: true, `(a?b?)*`: true, `([a-z]+)*x`: true, `(/[^/]*[a-z]*)*`: true, `(x+x+)+y`: true, `((ab)*)*`: true, `(.*a){11}`: true, `([a-z]{1,5})+`: true,
		`/a+b+`: false, `(a|ab)*c`: false, `(/[^/]+)*`: false, `([a-z]+/)*x`: false, `[a-z]+`: false, `(ab)+`: false, `([a-f0-9]{2}:){5}[a-f0-9]{2}`: false, `/v[0-9]+(/.*)?`: false, `(a|b)+`: false,
	} {
		_, problem, fix := dotnet(pattern)
		if (problem != "") != long || long && fix == "" {
			t.Errorf("%s: %q", pattern, problem)
		}
	}
	for _, pattern := range []string{`[\x{1F600}-\x{1F64F}]`, `\x{1F600}`, `\pL`, `(`} {
		if written, problem, fix := dotnet(pattern); problem == "" || fix == "" || !utf8.ValidString(problem) {
			t.Errorf("%s: %s (%s bytes)", pattern, written, strconv.Itoa(len(written)))
		}
	}
}
