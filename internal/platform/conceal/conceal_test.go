package conceal_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

const secret = `pa"ss<&>wörd/+?`

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestAValueIsCutOutOfTexts(t *testing.T) {
	t.Parallel()
	key := "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nabcdefghijklmnop\n-----END KEY-----\n"
	values := conceal.Of(map[string]any{"a": []any{secret, 1.0, nil}}, key, "short")
	for name, text := range map[string]string{
		"as it is":             "the value is " + secret + ".",
		"as JSON":              asJSON(t, map[string]any{"v": secret}),
		"as JSON in JSON":      asJSON(t, asJSON(t, map[string]any{"v": secret})),
		"in an address":        "https://x/?q=" + url.QueryEscape(secret),
		"in a path":            "https://x/" + url.PathEscape(secret),
		"in base64":            base64.StdEncoding.EncodeToString([]byte(secret)),
		"in base64, after one": base64.StdEncoding.EncodeToString([]byte("x:" + secret + ":y")),
		"in base64, after two": base64.URLEncoding.EncodeToString([]byte("x" + secret)),
		"in hex":               hex.EncodeToString([]byte("x" + secret)),
		"in capitals of hex":   strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"one of its lines":     "stderr: MIIEvQIBADANBgkqhkiG9w0",
	} {
		got := values.Cut(text, "(secret)")
		if got == text || !strings.Contains(got, "(secret)") || !values.In(text) || !values.In(map[string]any{text: 1}) {
			t.Errorf("%s: %q became %q", name, text, got)
		}
	}
	for _, innocent := range []string{"short", "nothing of it", ""} {
		if got := values.Cut(innocent, "(secret)"); got != innocent || values.In([]any{innocent}) {
			t.Errorf("%q became %q", innocent, got)
		}
	}
}

func TestNoValues(t *testing.T) {
	t.Parallel()
	var none *conceal.Values
	if !none.Empty() || none.In("text") || none.Cut("text", "x") != "text" || !conceal.Of("abc", nil).Empty() {
		t.Error("nothing was found")
	}
}

// TestALongerValueGoesFirst: what is left of one would tell the rest of the other.
func TestALongerValueGoesFirst(t *testing.T) {
	t.Parallel()
	if got := conceal.Of("secret", "secret-and-more").Cut("x secret-and-more y", "-"); got != "x - y" {
		t.Errorf("%q", got)
	}
}

// FuzzCut: whatever the value is, its plain and its encoded form are gone.
func FuzzCut(f *testing.F) {
	f.Add("s3cret-value", "before ", " after")
	f.Fuzz(func(t *testing.T, value, before, after string) {
		value = strings.TrimSpace(value)
		if len(value) < 6 || strings.Contains("(secret)", value) || strings.Contains(before+after, value) {
			t.Skip()
		}
		values := conceal.Of(value)
		if got := values.Cut(before+value+after, "\x00"); strings.Contains(got, value) && !strings.Contains(value, "\x00") {
			t.Errorf("%q still has %q", got, value)
		}
		if text := base64.StdEncoding.EncodeToString([]byte(before + value + after)); values.Cut(text, "\x00") == text {
			t.Errorf("%q has %q", text, value)
		}
	})
}
