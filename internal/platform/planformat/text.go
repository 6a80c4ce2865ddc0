package planformat

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/filekind"
	"github.com/terrace-idp/terrace/internal/platform/jsonscan"
)

// What to do about what is nearly a plan.
const (
	planIt = "make a plan of it first: `terraform plan -out tfplan`, then `terraform show -json tfplan > plan.json`; what a configuration costs `terrace cost estimate DIR` tells without one"
	asUTF8 = "write it in UTF-8; in PowerShell: `terraform show -json tfplan | Set-Content -Encoding utf8 plan.json`"
)

// other says what a file is, and what to do, that no text of JSON or of people is.
func other(k filekind.Kind) (what, todo string) {
	switch {
	case k.IsArchive():
		return "a plan as terraform keeps it, not JSON", "write it as JSON with `terraform show -json FILE > plan.json`"
	case k.IsUTF16():
		return k.Is, asUTF8
	case k.Unpack != "":
		return k.Is, "unpack it: `" + k.Unpack + " > plan.json`"
	default:
		return k.Is + ", not JSON", fix
	}
}

// texts is what people take for plans that is text, too.
func texts() []struct {
	like    *regexp.Regexp
	is, fix string
} {
	return []struct {
		like    *regexp.Regexp
		is, fix string
	}{
		{regexp.MustCompile(`^\x1b\[`), "what terraform tells people, not JSON", fix},
		{regexp.MustCompile(`(?m)^(Terraform|OpenTofu) (will perform|used the selected|has compared)|^No changes\.|^# \S+\.\S+:$|^\s+# \S+ (will|must) be `), "what terraform tells people, not JSON", fix},
		{regexp.MustCompile(`(?m)^\s*(resource|data|module|variable|output|provider|terraform|locals|moved|removed|import|check|ephemeral)(\s+"[^"\n]*")*\s*\{`), "a configuration in HCL, not JSON", planIt},
	}
}

// head is how much of a file is looked at to say what it is, in bytes.
const head = 64 << 10

// text refuses content that can be no document, whatever is in it, and takes the mark
// off that some editors put before UTF-8.
func text(name string, content []byte) ([]byte, error) {
	if len(content) > MaxBytes {
		return nil, kernel.Errorf(kernel.TooLarge, tooLarge, name, len(content)>>20, MaxBytes>>20)
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	said := bytes.TrimLeft(content, " \t\r\n")
	if len(said) == 0 {
		return nil, is(name, "empty", fix+", and look whether that ended with an error")
	}
	if said[0] == '{' && !bytes.HasPrefix(said, []byte("{\x00")) {
		return content, nil
	}
	if k, known := filekind.Of(said[:min(len(said), filekind.Head)]); known && !k.IsJSON() {
		what, todo := other(k)
		return nil, is(name, what, todo)
	}
	for _, look := range texts() {
		if look.like.Match(said[:min(len(said), head)]) {
			return nil, is(name, look.is, look.fix)
		}
	}
	return nil, broken(name, content)
}

func is(name, what, fix string) error {
	return kernel.Errorf(kernel.Invalid, "%s is %s", name, what).WithFix("%s", fix)
}

// broken is the error for content that could not be decoded, with the place.
func broken(name string, content []byte) error {
	said, at := mistake(content)
	line, column := jsonscan.Position(content, at)
	if bytes.Contains(content[:min(len(content), head)], []byte(`"@level"`)) {
		return is(name, "the log that `terraform plan -json` writes, not the plan", fix)
	}
	return kernel.Errorf(kernel.Invalid, "%s is no object of JSON", name).WithFix(fix).
		WithProblems(kernel.Problem{File: name, Line: line, Column: column, Message: said})
}

// mistake says at which place a text stops being what it should be.
func mistake(content []byte) (said string, at int) {
	var whole json.RawMessage
	syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(content, &whole))
	switch {
	case !ok:
		return "it is a list, a text or a number", jsonscan.Find(content)
	case syntax.Error() == "unexpected end of JSON input":
		return "it breaks off", len(content)
	default:
		return syntax.Error(), int(syntax.Offset) - 1
	}
}
