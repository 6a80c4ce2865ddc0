package seal_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/seal"
)

func TestAWordIsGoodForItsUseAlone(t *testing.T) {
	t.Parallel()
	s := open(t, seal.Config{URL: keyFile(t)})
	word, err := seal.Word(t.Context(), s, "ticket", map[string]string{"user": "ada"})
	if err != nil || strings.ContainsAny(word, "+/=") || strings.Contains(word, "ada") {
		t.Fatalf("%q, %v", word, err)
	}
	var got map[string]string
	if !seal.OpenWord(t.Context(), s, "ticket", word, &got) || got["user"] != "ada" {
		t.Errorf("%v", got)
	}
	last := "A"
	if strings.HasSuffix(word, last) {
		last = "Q"
	}
	for name, bad := range map[string]string{"nothing": "", "no base64": "%", "padded": word + "=", "more": word + "AAAA", "altered": word[:len(word)-1] + last, "cut off": word[:len(word)/2]} {
		if seal.OpenWord(t.Context(), s, "ticket", bad, &got) {
			t.Errorf("%s is taken", name)
		}
	}
	if seal.OpenWord(t.Context(), s, "offer", word, &got) {
		t.Error("it is taken for another use")
	}
	if seal.OpenWord(t.Context(), s, "ticket", word, new([]int)) {
		t.Error("it is taken for another value")
	}
}
