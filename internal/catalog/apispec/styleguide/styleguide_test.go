package styleguide_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/styleguide"
)

const good = `openapi: 3.1.0
info: {title: Orders, version: '1', description: Orders of the shop., contact: {name: Orders, email: orders@example.com}}
servers: [{url: https://api.example.com/v1}]
security: [{key: []}]
paths:
  /purchase-orders:
    get:
      operationId: listOrders
      summary: List orders
      tags: [orders]
      parameters: [{name: cursor, in: query, description: Where to go on., schema: {type: string}}]
      responses:
        '200': {description: ok, content: {application/json: {schema: {type: array, items: {type: string}}}}}
        default: {$ref: '#/components/responses/Problem'}
  /purchase-orders/{id}:
    get:
      operationId: getOrder
      summary: Show an order
      tags: [orders]
      parameters: [{name: id, in: path, required: true, description: Which., schema: {type: string}}]
      responses:
        '200': {description: ok}
        '404': {$ref: '#/components/responses/Problem'}
components:
  securitySchemes: {key: {type: http, scheme: bearer}}
  responses:
    Problem: {description: a problem, content: {application/problem+json: {schema: {type: object}}}}
`

func read(t *testing.T, src string) *openapi.Document {
	t.Helper()
	d, err := openapi.Read("api.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func shipped(t *testing.T) styleguide.Guide {
	t.Helper()
	g, err := styleguide.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestEachShippedRuleFindsWhatItIsFor(t *testing.T) {
	t.Parallel()
	if found := styleguide.Lint(read(t, good), shipped(t)); len(found) > 0 {
		t.Fatalf("found in what is good: %+v", found)
	}
	cases := map[string]struct{ from, to string }{
		"info-description":        {"description: Orders of the shop., ", ""},
		"info-contact":            {", contact: {name: Orders, email: orders@example.com}", ""},
		"operation-id":            {"      operationId: listOrders\n", ""},
		"operation-id-case":       {"listOrders", "List_Orders"},
		"operation-description":   {"      summary: List orders\n", ""},
		"operation-tags":          {"      tags: [orders]\n", ""},
		"parameter-description":   {"description: Where to go on., ", ""},
		"path-kebab-case":         {"/purchase-orders/{id}", "/purchaseOrders/{id}"},
		"path-no-trailing-slash":  {"/purchase-orders:", "/purchase-orders/:"},
		"path-no-query":           {"/purchase-orders:", "/purchase-orders?x:"},
		"path-plural":             {"/purchase-orders/{id}", "/purchase-order/{id}"},
		"problem-responses":       {"application/problem+json", "application/json"},
		"error-response":          {"        '404': {$ref: '#/components/responses/Problem'}\n", ""},
		"success-response":        {"        '200': {description: ok}\n", ""},
		"pagination":              {"name: cursor", "name: colour"},
		"security-declared":       {"security: [{key: []}]\n", ""},
		"server-https":            {"https://", "http://"},
		"no-credentials-in-query": {"name: cursor", "name: api_key"},
		"no-secret":               {"Orders of the shop.", "ghp_" + "aBcD3fGh1jKlMn0pQrStUvWxYz4567890123"},
		"schema-property-case":    {"  securitySchemes:", "  schemas: {A: {type: object, properties: {Kebab-Case: {type: string}}}}\n  securitySchemes:"},
		"deprecated-sunset":       {"      tags: [orders]\n", "      tags: [orders]\n      deprecated: true\n"},
	}
	for _, r := range shipped(t).Rules() {
		c, ok := cases[r.Name]
		if !ok && r.Name != "operation-id-unique" { // which the standard itself demands
			t.Errorf("%s is tried by no case", r.Name)
		}
		if !ok {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			found := styleguide.Lint(read(t, strings.Replace(good, c.from, c.to, 1)), shipped(t))
			i := slices.IndexFunc(found, func(f styleguide.Finding) bool { return f.Rule == r.Name })
			if i < 0 || found[i].Line == 0 || found[i].Severity != r.Severity || strings.Contains(found[i].Message, "{{") {
				t.Errorf("found %+v", found)
			}
			if i >= 0 && r.Name == "no-secret" && strings.Contains(found[i].Message, "aBcD3fGh1jKlMn0p") {
				t.Errorf("the secret is told: %s", found[i].Message)
			}
		})
	}
}

func TestAGuideOfOnesOwn(t *testing.T) {
	t.Parallel()
	const own = `extends: terrace
rules:
  info-contact: off
  path-plural: error
  team:
    description: An API names its team.
    severity: error
    given: $.info
    then: {field: x-team, function: enumeration, functionOptions: {values: [orders, stock]}}
  team-there:
    message: "{{path}} is missing"
    given: [$.info]
    then: [{field: x-team, function: truthy}, {field: title, function: length, functionOptions: {min: 3, max: 20}}]
`
	g, err := styleguide.Parse("guide.yaml", []byte(own))
	if err != nil {
		t.Fatal(err)
	}
	src := strings.Replace(good, ", contact: {name: Orders, email: orders@example.com}", "", 1)
	var said []string
	for _, f := range styleguide.Lint(read(t, src), g) {
		said = append(said, f.Rule+" "+f.Severity+" "+f.Message)
	}
	if !slices.Equal(said, []string{"team-there warn /info/x-team is missing"}) {
		t.Errorf("%q", said)
	}
	src = strings.Replace(src, "title: Orders", "x-team: billing, title: Or", 1)
	said = nil
	for _, f := range styleguide.Lint(read(t, src), g) {
		said = append(said, f.Rule+" "+f.Severity)
	}
	if !slices.Equal(said, []string{"team error", "team-there warn"}) {
		t.Errorf("%q", said)
	}
}

// TestRulesAsSpectralWritesThem has what guides for Spectral say besides.
func TestRulesAsSpectralWritesThem(t *testing.T) {
	t.Parallel()
	const own = `extends: [terrace]
rules:
  info-contact: hint
  sorted:
    description: Keys are sorted.
    message: "{{property}}: {{description}}"
    documentationUrl: https://example.com/guide#sorted
    severity: hint
    formats: [oas3]
    given: $.info
    then: {function: alphabetical}
  later:
    description: This is for another version.
    formats: [VERSION]
    given: $.info
    then: {field: x-none, function: truthy}
`
	for version, found := range map[string]int{"oas3_0": 0, "oas3.1": 1} {
		g, err := styleguide.Parse("guide.yaml", []byte(strings.Replace(own, "VERSION", version, 1)))
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, f := range styleguide.Lint(read(t, good), g) {
			said = append(said, f.Rule+" "+f.Severity+" "+f.Message+" "+f.Fix)
		}
		want := []string{"later warn This is for another version. ", "sorted info info: Keys are sorted. see https://example.com/guide#sorted"}
		if !slices.Equal(said, want[1-found:]) {
			t.Errorf("%s: %q", version, said)
		}
		inOrder := strings.Replace(good, "info: {", "info: {contact: {email: a@example.com}, description: d, title: Orders, version: '1'}\nx-info: {", 1)
		for _, f := range styleguide.Lint(read(t, inOrder), g) {
			if f.Rule == "sorted" {
				t.Errorf("told of keys that are sorted: %+v", f)
			}
		}
	}
}

func TestAGuideThatIsWrongSaysWhere(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		src  string
		line int
		says string
	}{
		"no YAML":            {"rules: [", 1, "no YAML"},
		"no YAML later":      {"extends: terrace\nrules:\n\t- x\n", 3, "no YAML"},
		"nothing":            {"# rules\n", 0, "empty"},
		"a list of guides":   {"extends:\n  - [spectral:oas, all]\n", 2, `no style guide "spectral:oas"`},
		"a placeholder":      {"rules:\n  x: {message: '{{error}}', given: $, then: {function: truthy}}\n", 2, "{{error}} is not known here"},
		"a format":           {"rules:\n  x: {description: d, formats: [asyncapi2], given: $, then: {function: truthy}}\n", 2, "asyncapi2"},
		"an option's place":  {"rules:\n  x:\n    description: d\n    given: $\n    then:\n      function: length\n      functionOptions: {max: many}\n", 7, "many"},
		"an unknown guide":   {"extends: spectral:oas\nrules: {}\n", 1, "spectral:oas"},
		"an unknown rule":    {"rules:\n  x: warn\n", 2, "no such rule"},
		"an unknown level":   {"extends: terrace\nrules:\n  path-plural: loud\n", 3, "no level"},
		"an unknown field":   {"rules:\n  x: {given: $, then: {function: truthy}, colour: red}\n", 2, "colour"},
		"no JSONPath":        {"rules:\n  x: {description: d, given: '$[', then: {function: truthy}}\n", 2, "jsonpath"},
		"no function":        {"rules:\n  x: {description: d, given: $, then: {function: shout}}\n", 2, "shout"},
		"no options":         {"rules:\n  x: {description: d, given: $, then: {function: pattern}}\n", 2, "functionOptions"},
		"an unknown option":  {"rules:\n  x: {description: d, given: $, then: {function: length, functionOptions: {most: 3}}}\n", 2, `"most" is not known here: there is min, max`},
		"a bad expression":   {"rules:\n  x: {description: d, given: $, then: {function: pattern, functionOptions: {match: '['}}}\n", 2, "missing closing"},
		"a schema elsewhere": {"rules:\n  x: {description: d, given: $, then: {function: schema, functionOptions: {schema: {$ref: 'file:///etc/passwd'}}}}\n", 2, "not in the guide"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := styleguide.Parse("guide.yaml", []byte(c.src))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("told as %v", err)
			}
			if c.line > 0 && !strings.Contains(err.Error(), "guide.yaml:"+string(rune('0'+c.line))) {
				t.Errorf("not told where: %v", err)
			}
		})
	}
}

// exceptions are where the platform's own API may have warnings, each place with its reason.
func exceptions() map[string]map[string]string {
	const few, person = "there are few, and all are shown together", "a person has few"
	below := func(path string) string { return "/paths/" + strings.ReplaceAll("/api/v1"+path, "/", "~1") }
	return map[string]map[string]string{
		"info-contact": {"/info/contact": "whoever runs the platform is to be asked"},
		"path-plural": {
			below("/auth/trust/{rule}"):                    "trust is no countable thing",
			below("/projects/{project}/drift/{id}"):        "drift is no countable thing",
			below("/projects/{project}/drift/{id}/ignore"): "drift is no countable thing",
		},
		"pagination": {
			below("/access/actions") + "/get":                                          "they are those of this version",
			below("/audit/keys") + "/get":                                              few,
			below("/auth/keys") + "/get":                                               few,
			below("/certificate-authorities") + "/get":                                 few,
			below("/compliance/frameworks") + "/get":                                   "they are those that are shipped",
			below("/event-types") + "/get":                                             "they are those of this version",
			below("/gateway/cache") + "/get":                                           "they are the routes of one stage that are cached",
			below("/gateway/slos") + "/get":                                            "they are counted anew for each answer",
			below("/gateway/kinds") + "/get":                                           "they are those of this version",
			below("/me/factors") + "/get":                                              person,
			below("/me/sessions") + "/get":                                             person,
			below("/policies/assignments") + "/get":                                    few,
			below("/policies/assignments/{id}/versions") + "/get":                      few,
			below("/projects/{project}/drift/counts") + "/get":                         "it is one number for each stage",
			below("/projects/{project}/explanations/resources") + "/get":               "it is about one resource",
			below("/projects/{project}/repositories/{repository}/bindings") + "/get":   few,
			below("/projects/{project}/repositories/{repository}/identities") + "/get": few,
			below("/projects/{project}/workloads/{workload}/outputs") + "/get":         "they are those of one workload",
			below("/runners") + "/get":                                                 few,
			below("/stages") + "/get":                                                  few,
			below("/topic-brokers") + "/get":                                           few,
			below("/users/{user}/factors") + "/get":                                    person,
			below("/users/{user}/sessions") + "/get":                                   person,
		},
	}
}

// TestTheOwnDocument holds the platform's own API against the guide: it has no errors, and
// warnings at the places alone that are excepted, all of which are still there.
func TestTheOwnDocument(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../../../../docs/reference/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	left := exceptions()
	for _, f := range styleguide.Lint(read(t, string(src)), shipped(t)) {
		switch {
		case f.Rule == "extra-sibling-fields" && strings.HasSuffix(f.Message, "[patternDescription]"):
			// what a pattern means in words, which the server's library writes beside it
		case f.Severity == styleguide.Error || left[f.Rule][f.Path] == "":
			t.Errorf("%s %s: %s", f.Severity, f.Rule, f.Problem)
		default:
			delete(left[f.Rule], f.Path)
		}
	}
	for rule, places := range left {
		for place := range places {
			t.Errorf("nothing is excepted from %s any more at %s", rule, place)
		}
	}
}
