package conceal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

// random has bytes that look like nothing, the same ones each time.
func random(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	raw := make([]byte, n)
	for i := range raw {
		raw[i] = byte(r.Uint32())
	}
	return raw
}

// wrapped is a text in lines that are so long.
func wrapped(text string, columns int, end string) string {
	var out strings.Builder
	for len(text) > columns {
		out.WriteString(text[:columns] + end)
		text = text[columns:]
	}
	return out.String() + text
}

var key = "-----BEGIN PRIVATE KEY-----\n" + wrapped(base64.StdEncoding.EncodeToString(random(1, 130)), 64, "\n") + "\n-----END PRIVATE KEY-----\n"

// TestWhatIsBrokenIntoLines: no run of letters that is in the key is left, wherever its lines end.
func TestWhatIsBrokenIntoLines(t *testing.T) {
	t.Parallel()
	long := string(random(2, 300))
	body := strings.ReplaceAll(strings.SplitN(key, "-----", 4)[2], "\n", "")
	values := conceal.Of(key, long)
	base := base64.StdEncoding.EncodeToString
	for name, text := range map[string]string{
		"as it is":                  key,
		"with the ends of Windows":  strings.ReplaceAll(key, "\n", "\r\n"),
		"indented":                  strings.ReplaceAll(key, "\n", "\n    "),
		"each line after a time":    strings.ReplaceAll(key, "\n", "\n2026-01-02T03:04:05Z app "),
		"in one line":               strings.ReplaceAll(key, "\n", ""),
		"the body in other columns": wrapped(body, 76, "\n"),
		"in JSON":                   asJSON(t, key),
		"in JSON in JSON":           asJSON(t, asJSON(t, key)),
		"in base64 of 64 columns":   wrapped(base([]byte(key)), 64, "\n"),
		"in base64 of 76 columns":   wrapped(base([]byte(key)), 76, "\r\n"),
		"in base64 in JSON":         asJSON(t, wrapped(base([]byte(key)), 76, "\n")),
		"in base64 after one":       wrapped(base([]byte("x"+key)), 76, "\n"),
		"in base64 after many":      wrapped(base([]byte("user: somebody\nkey: "+key)), 64, "\n"),
		"bytes in base64":           wrapped(base([]byte("xy"+long)), 76, "\n"),
		"bytes in hex":              wrapped(hex.EncodeToString([]byte("x"+long)), 60, "\n"),
		"in base64 of an address":   wrapped(base64.URLEncoding.EncodeToString([]byte("xyz"+long+"z")), 76, "\n"),
	} {
		got := values.Cut("before "+text+" after", "-")
		for line := range strings.Lines(strings.NewReplacer(`\n`, "\n", `\\n`, "\n", "2026-01-02T03:04:05Z", "").Replace(got)) {
			line = strings.TrimSpace(strings.Trim(strings.TrimSpace(line), `\"-=`))
			if known := []string{"before", "after", "app", ""}; len(line) > 40 || len(line) >= 8 && strings.Contains(strings.Join(known, " ")+text, line) && !strings.HasPrefix(base([]byte("user: somebody\nkey: ")), line) {
				t.Errorf("%s: %q is left of it", name, line)
			}
		}
		if !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") {
			t.Errorf("%s: %q has lost what is around it", name, got)
		}
	}
}

// TestWordsOfValuesStay: what lines of a value have in common with other texts is no secret.
func TestWordsOfValuesStay(t *testing.T) {
	t.Parallel()
	values := conceal.Of("kind: Config\nname: test\npassword:\n  Zx81qq-Lm4\nusers:\n")
	for _, innocent := range []string{"kind: Config", "password:", "users: many", "name: test", base64.StdEncoding.EncodeToString([]byte("kind: Other\nname: production\n"))} {
		if got := values.Cut(innocent, "-"); got != innocent {
			t.Errorf("%q became %q", innocent, got)
		}
	}
	if got := values.Cut("it is Zx81qq-Lm4.", "-"); got != "it is -." {
		t.Errorf("the line that is no words: %q", got)
	}
}

// TestNoValueIsTooMuch: what comes after many large ones is found as well.
func TestNoValueIsTooMuch(t *testing.T) {
	t.Parallel()
	values := conceal.Of()
	for i := range 12 {
		values.Add(base64.StdEncoding.EncodeToString(random(uint64(i), 20<<10)))
	}
	values.Add("the-last-of-all\nand-its-second-line")
	large := base64.StdEncoding.EncodeToString(random(7, 20<<10))
	for name, text := range map[string]string{
		"the last one": "the-last-of-all\nand-its-second-line", "a line of it": "and-its-second-line",
		"a large one": large, "a large one in JSON": asJSON(t, large), "a large one in base64": base64.StdEncoding.EncodeToString([]byte(large)),
	} {
		if got := values.Cut("<"+text+">", "-"); len(got) > 8 {
			t.Errorf("%s: %d bytes are left", name, len(got))
		}
	}
}

// streamed is a text that comes in the pieces, without the values.
func streamed(t *testing.T, values *conceal.Values, pieces ...string) string {
	t.Helper()
	var out bytes.Buffer
	s := values.Stream(&out, "(secret)")
	for _, piece := range pieces {
		if n, err := s.Write([]byte(piece)); err != nil || n != len(piece) {
			t.Fatalf("%d of %d bytes: %v", n, len(piece), err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestAStreamIsCutWhereverItIsBroken: two pieces, broken at every byte, are as the whole.
func TestAStreamIsCutWhereverItIsBroken(t *testing.T) {
	t.Parallel()
	values := conceal.Of(secret, key, "secret", "secret-and-more", "more-than-that", "ababab", strings.Repeat("Q1w2E3r4", 1100))
	text := strings.Join([]string{
		"it is " + secret, asJSON(t, map[string]any{"key": key}), "secret-and-more-than-that sec", "secretsecret-and-mor",
		wrapped(base64.StdEncoding.EncodeToString([]byte("user:"+key)), 76, "\n"), "abababababab", key, hex.EncodeToString([]byte(secret)), "secre",
	}, "\n")
	want := values.Cut(text, "(secret)")
	for i := range text {
		if got := streamed(t, values, text[:i], text[i:]); got != want {
			t.Fatalf("broken at %d:\n%s\nis not\n%s", i, got, want)
		}
	}
	if got := streamed(t, values, strings.SplitAfter(text, "")...); got != want {
		t.Errorf("byte by byte:\n%s\nis not\n%s", got, want)
	}
	long := "a " + strings.Repeat("Q1w2E3r4", 1100) + " b"
	for i := 0; i < len(long); i += 97 {
		if got := streamed(t, values, long[:i], long[i:]); got != "a (secret) b" {
			t.Fatalf("a long one broken at %d: %d bytes", i, len(got))
		}
	}
}

// TestAStreamKeepsLittleBack: a line that has nothing of a value is passed on at once.
func TestAStreamKeepsLittleBack(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := conceal.Of(key, secret).Stream(&out, "-")
	for _, line := range []string{"a line\n", "QmFzZTY0IG9mIHNvbWV0aGluZyBlbHNlIHRoYXQgaXMgbG9uZw==\n", "pa\"ss is not it\n"} {
		out.Reset()
		if _, err := s.Write([]byte(line)); err != nil || out.String() != line {
			t.Errorf("%q: passed on %q, %v", line, out.String(), err)
		}
	}
	large := strings.Repeat("x1Y", 100_000)
	out.Reset()
	if _, err := s.Write([]byte(large)); err != nil || out.Len() < len(large)-8<<10 {
		t.Errorf("of %d bytes in one line %d were passed on: %v", len(large), out.Len(), err)
	}
}

// FuzzStream: however a text is broken, the pieces are cut as the whole is.
func FuzzStream(f *testing.F) {
	f.Add("s3cret-value", "another", "before s3cret-valueanother after", 12, 20)
	f.Add("aXbaXbaXbaXb", "baXbaX", "aXbaXbaXbaXbaXbaXb", 3, 9)
	f.Fuzz(func(t *testing.T, one, two, text string, i, j int) {
		i, j = min(max(i, 0), len(text)), min(max(j, 0), len(text))
		i, j = min(i, j), max(i, j)
		values := conceal.Of(one, two)
		if got, want := streamed(t, values, text[:i], text[i:j], text[j:]), values.Cut(text, "(secret)"); got != want {
			t.Errorf("%q is not %q", got, want)
		}
	})
}

// BenchmarkCut is a line of a log without and with a value, beside some values, and
// whether many texts have any.
func BenchmarkCut(b *testing.B) {
	line, err := json.Marshal(map[string]string{"@level": "info", "@message": "terrace_service.main: Creation complete after 2s [id=shop/dev/api]", "type": "apply_complete", "more": strings.Repeat("plain words, ", 20)})
	if err != nil {
		b.Fatal(err)
	}
	for _, count := range []int{1, 20, 500} {
		values := conceal.Of()
		for i := range count {
			values.Add(base64.StdEncoding.EncodeToString(random(uint64(i), 30)))
		}
		one := base64.StdEncoding.EncodeToString(random(0, 30))
		for name, text := range map[string]string{"clean": string(line), "hit": string(line) + one} {
			b.Run(fmt.Sprintf("%s/%d", name, count), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					values.Cut(text, "-")
				}
			})
		}
	}
	b.Run("make", func(b *testing.B) {
		for b.Loop() {
			conceal.Of(key, secret, "another-value").Cut(string(line), "-")
		}
	})
}
