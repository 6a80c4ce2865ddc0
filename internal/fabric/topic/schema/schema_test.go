package schema_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/topic/schema"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func compile(t testing.TB, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Compile([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const order = `{"type": "object", "required": ["id", "total"], "properties": {
	"id": {"type": "string", "minLength": 1}, "total": {"type": "number", "minimum": 0},
	"status": {"enum": ["open", "paid"]}, "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}}
}, "$defs": {"line": {"type": "object", "properties": {"sku": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#/$defs/line"}}}}}}`

// TestWhatMayFollow has the reason of each case as its name; want are the places that break.
func TestWhatMayFollow(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		from, to          string
		backward, forward []string
	}{
		"the same schema breaks nobody":                                {order, order, nil, nil},
		"a property that is not required is added":                     {order, strings.Replace(order, `"id": {`, `"note": {"type": "string"}, "id": {`, 1), nil, nil},
		"a property becomes required":                                  {order, strings.Replace(order, `["id", "total"]`, `["id", "total", "status"]`, 1), []string{"/status"}, nil},
		"a property is required no more":                               {order, strings.Replace(order, `["id", "total"]`, `["id"]`, 1), nil, []string{"/total"}},
		"a type changes":                                               {order, strings.Replace(order, `"type": "number", "minimum": 0`, `"type": "string"`, 1), []string{"/total"}, []string{"/total"}},
		"an integer becomes a number":                                  {`{"type": "integer"}`, `{"type": "number"}`, nil, []string{""}},
		"a value is added":                                             {order, strings.Replace(order, `"paid"`, `"paid", "sent"`, 1), nil, []string{"/status"}},
		"a value is removed":                                           {order, strings.Replace(order, `"open", `, ``, 1), []string{"/status"}, nil},
		"a bound is tightened":                                         {order, strings.Replace(order, `"minimum": 0`, `"minimum": 1`, 1), []string{"/total"}, nil},
		"a bound is loosened":                                          {order, strings.Replace(order, `"minLength": 1`, `"minLength": 0`, 1), nil, []string{"/id"}},
		"a circle of references changes within":                        {order, strings.Replace(order, `"sku": {"type": "string"}`, `"sku": {"type": "integer"}`, 1), []string{"/lines/*/sku"}, []string{"/lines/*/sku"}},
		"a definition has another name":                                {order, strings.ReplaceAll(strings.Replace(order, `{"line": {`, `{"row": {`, 1), `$defs/line`, `$defs/row`), nil, nil},
		"an open schema is closed":                                     {`{"type": "object"}`, `{"type": "object", "additionalProperties": false}`, []string{""}, nil},
		"a property is added to a closed schema":                       {`{"type": "object", "additionalProperties": false}`, `{"type": "object", "properties": {"a": true}, "additionalProperties": false}`, nil, []string{"/a"}},
		"an alternative is added":                                      {`{"anyOf": [{"type": "string"}]}`, `{"anyOf": [{"type": "string"}, {"type": "null"}]}`, nil, []string{""}},
		"a pattern is changed, and nobody can tell which is the wider": {`{"type": "string", "pattern": "^a"}`, `{"type": "string", "pattern": "^b"}`, []string{""}, []string{""}},
		"all of two parts are one":                                     {`{"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "string"}}}]}`, `{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}`, nil, nil},
		"a constant has a type":                                        {`{"const": "x"}`, `{"type": "string"}`, nil, []string{""}},
		"anything is allowed":                                          {order, `{}`, nil, []string{""}},
		"one item of many":                                             {`{"prefixItems": [{"type": "string"}], "items": false, "type": "array"}`, `{"type": "array", "items": {"type": "string"}}`, nil, []string{"/*"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for rule, want := range map[schema.Compatibility][]string{schema.Backward: tc.backward, schema.Forward: tc.forward, schema.None: nil} {
				breaks, err := schema.Compare(compile(t, tc.from), compile(t, tc.to), rule)
				if err != nil {
					t.Fatal(err)
				}
				holds(t, rule, breaks, want)
			}
			breaks, _ := schema.Compare(compile(t, tc.from), compile(t, tc.to), schema.Full)
			if (len(breaks) == 0) != (len(tc.backward)+len(tc.forward) == 0) {
				t.Errorf("full: %v", breaks)
			}
		})
	}
}

// holds tells where breaks are at other places than wanted.
func holds(t *testing.T, rule schema.Compatibility, breaks []schema.Break, want []string) {
	t.Helper()
	places := map[string]bool{}
	for _, b := range breaks {
		places[b.Path] = true
		if (rule == schema.Backward) != (b.For == schema.NewConsumers) {
			t.Errorf("%s breaks %s", rule, b.For)
		}
	}
	if (len(want) == 0) != (len(places) == 0) {
		t.Errorf("%s: %v, want breaks at %q", rule, breaks, want)
	}
	for _, place := range want {
		if !places[place] && !(rule == schema.Forward && place == "" && len(places) > 0) {
			t.Errorf("%s: nothing breaks at %q: %v", rule, place, breaks)
		}
	}
}

func TestDataIsHeldAgainstASchema(t *testing.T) {
	t.Parallel()
	s := compile(t, order)
	if problems := s.Validate([]byte(`{"id": "o1", "total": 3.5, "lines": [{"sku": "a"}]}`)); problems != nil {
		t.Errorf("good data: %v", problems)
	}
	problems := s.Validate([]byte(`{"id": "", "lines": [{"sku": 1}]}`))
	var places []string
	for _, p := range problems {
		places = append(places, p.Path)
	}
	if strings.Join(places, " ") != " /id /lines/0/sku" {
		t.Errorf("%v", problems)
	}
	if problems := s.Validate([]byte(`{`)); len(problems) != 1 {
		t.Errorf("no JSON: %v", problems)
	}
}

func TestSchemasThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		kind kernel.Kind
		says string
	}{
		"no JSON":            {`{`, kernel.Invalid, "not JSON"},
		"no object":          {`[]`, kernel.Invalid, "no JSON object"},
		"no type":            {`{"type": "text"}`, kernel.Invalid, "/type"},
		"a file elsewhere":   {`{"$ref": "file:///etc/passwd"}`, kernel.Invalid, "outside of it"},
		"a server elsewhere": {`{"$ref": "https://example.com/schema"}`, kernel.Invalid, "outside of it"},
		"too deep":           {strings.Repeat(`{"not":`, 100) + "{}" + strings.Repeat("}", 100), kernel.Invalid, "levels deep"},
		"too long":           {`{"title": "` + strings.Repeat("x", schema.MaxBytes) + `"}`, kernel.TooLarge, "bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := schema.Compile([]byte(tc.text))
			if !kernel.Is(err, tc.kind) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestCompareEnds has schemas compared that lead in circles: whatever the answer, there is one.
func TestCompareEnds(t *testing.T) {
	t.Parallel()
	circles := []string{
		`{"properties": {"a": {"$ref": "#"}}}`, `{"anyOf": [{"type": "string"}, {"properties": {"a": {"$ref": "#"}}}]}`,
		`{"properties": {"a": {"$ref": "#", "title": "again"}}}`, `{"allOf": [{"properties": {"a": {"$ref": "#"}}}]}`,
	}
	for _, from := range circles {
		for _, to := range circles {
			_, _ = schema.Compare(compile(t, from), compile(t, to), schema.Full)
		}
	}
}
