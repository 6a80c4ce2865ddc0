package azure_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// elements are those that a policy document may have, with the attributes that they take;
// a star is for elements that are no policies, which may be anywhere.
func elements() map[string][]string {
	return map[string][]string{
		"policies": {}, "inbound": {}, "backend": {}, "outbound": {}, "on-error": {}, "base": {},
		"choose": {}, "when": {"condition"}, "otherwise": {},
		"set-variable": {"name", "value"}, "set-header": {"name", "exists-action"}, "value": {}, "set-query-parameter": {"name", "exists-action"},
		"set-status": {"code", "reason"}, "set-body": {}, "return-response": {}, "set-backend-service": {"backend-id"},
		"rewrite-uri": {"template", "copy-unmatched-params"}, "forward-request": {"timeout", "buffer-request-body"},
		"retry": {"condition", "count", "interval", "first-fast-retry"}, "limit-concurrency": {"key", "max-count"},
		"rate-limit-by-key":    {"calls", "renewal-period", "counter-key", "increment-condition", "increment-count"},
		"quota-by-key":         {"calls", "bandwidth", "renewal-period", "counter-key", "increment-condition", "increment-count", "first-period-start"},
		"send-one-way-request": {"mode", "timeout"}, "set-url": {},
		"cors": {"allow-credentials", "terminate-unmatched-request"}, "allowed-origins": {}, "origin": {}, "allowed-methods": {"preflight-result-max-age"}, "method": {},
		"allowed-headers": {}, "header": {}, "expose-headers": {},
		"validate-jwt":  {"header-name", "failed-validation-httpcode", "failed-validation-error-message", "require-expiration-time", "require-signed-tokens", "clock-skew", "output-token-variable-name", "require-scheme"},
		"openid-config": {"url"}, "audiences": {}, "audience": {}, "issuers": {}, "issuer": {}, "required-claims": {}, "claim": {"name", "match"},
		"cache-lookup":   {"vary-by-developer", "vary-by-developer-groups", "caching-type", "downstream-caching-type", "must-revalidate", "allow-private-response-caching"},
		"vary-by-header": {}, "vary-by-query-parameter": {}, "cache-store": {"duration", "caching-type"},
		"validate-content": {"unspecified-content-type-action", "max-size", "size-exceeded-action", "errors-variable-name"}, "content": {"type", "validate-as", "action"},
		"validate-parameters": {"specified-parameter-action", "unspecified-parameter-action", "errors-variable-name"},
	}
}

// framework is what expressions may call of .NET: of types and members that API Management lets them.
func framework() []string {
	return []string{
		"System.BitConverter.ToString", "System.DateTime.UtcNow.ToString", "System.Math.Min", "System.Security.Cryptography.SHA256.Create",
		"System.StringComparison.Ordinal", "System.StringComparison.OrdinalIgnoreCase", "System.Text.Encoding.UTF8.GetBytes",
		"System.Text.RegularExpressions.Regex.IsMatch", "System.Text.RegularExpressions.Regex.Match", "System.Text.RegularExpressions.Regex.Replace",
		"System.Text.RegularExpressions.RegexOptions.CultureInvariant", "System.TimeSpan.FromMilliseconds", "System.Uri.UnescapeDataString",
	}
}

var called = regexp.MustCompile(`System(\.[A-Z]\w*)+`)

var said = regexp.MustCompile(`@\((.*)\)`)

// sound holds a policy document to what API Management takes: well-formed, of known elements
// with known attributes, each policy where it may stand, and expressions that read the same
// whether or not somebody unescapes them.
func sound(t *testing.T, document string) {
	t.Helper()
	decoder, path, once := xml.NewDecoder(strings.NewReader(document)), []string{}, map[string]int{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, document)
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			attributes, known := elements()[name]
			if !known {
				t.Errorf("there is no element %s", name)
			}
			for _, a := range token.Attr {
				if !slices.Contains(attributes, a.Name.Local) {
					t.Errorf("%s has no attribute %s", name, a.Name.Local)
				}
				plain(t, a.Value)
			}
			path = append(path, name)
			standing(t, path, once)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			plain(t, string(token))
		}
	}
	for what, n := range once {
		if n > 1 {
			t.Errorf("%s is there %d times", what, n)
		}
	}
}

// standing looks where a policy stands.
func standing(t *testing.T, path []string, once map[string]int) {
	t.Helper()
	name := path[len(path)-1]
	where := map[string]string{
		"cors": "inbound", "validate-jwt": "inbound", "rate-limit-by-key": "inbound", "quota-by-key": "inbound", "cache-lookup": "inbound", "cache-store": "outbound",
		"rewrite-uri": "inbound", "forward-request": "backend", "retry": "backend", "limit-concurrency": "backend", "set-backend-service": "inbound",
	}[name]
	if where != "" && path[1] != where {
		t.Errorf("%s stands in %s", name, path[1])
	}
	if slices.Contains([]string{"cors", "cache-lookup", "cache-store", "validate-content"}, name) || len(path) == 3 && path[1] == "backend" || len(path) == 2 {
		once[strings.Join(path[:2], "/")+" "+name]++
	}
	if name == "cors" && len(path) != 3 {
		t.Error("cors is within something, where no preflight is answered")
	}
	if name == "base" && len(path) != 3 {
		t.Error("base is within something")
	}
}

func plain(t *testing.T, value string) {
	t.Helper()
	if strings.Contains(value, "{{") {
		t.Errorf("it names a value: %s", value)
	}
	if of := said.FindStringSubmatch(value); of != nil {
		if strings.ContainsAny(of[1], `<>&'`) {
			t.Errorf("an expression has a sign that XML escapes: %s", of[1])
		}
		if strings.Count(of[1], "(") != strings.Count(of[1], ")") && !strings.Contains(of[1], `(^|`) {
			t.Errorf("an expression has parentheses that do not fit: %s", of[1])
		}
		for _, name := range called.FindAllString(of[1], -1) {
			if !slices.Contains(framework(), name) {
				t.Errorf("an expression calls %s, which none may", name)
			}
		}
		if strings.Count(of[1], `"`)%2 != 0 {
			t.Errorf("an expression has a text without its end: %s", of[1])
		}
	}
}
