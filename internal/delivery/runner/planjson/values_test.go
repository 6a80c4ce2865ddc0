package planjson_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"

	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
)

// written is what the text of a plan has.
func written(t *testing.T, plan *tfjson.Plan) map[string]any {
	t.Helper()
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var values map[string]any
	if err := d.Decode(&values); err != nil {
		t.Fatal(err)
	}
	return values
}

func sameAsWritten(t *testing.T, name string, plan *tfjson.Plan) {
	t.Helper()
	want := written(t, plan)
	got, err := planjson.Values(plan)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s: %v, -written +values:\n%s", name, err, diff)
	}
	scramble(got)
	if diff := cmp.Diff(want, written(t, plan)); diff != "" {
		t.Errorf("%s: the plan has changed with its values:\n%s", name, diff)
	}
}

// scramble changes all that is in a value.
func scramble(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			scramble(inner)
			v[name] = "changed"
		}
	case []any:
		for i, inner := range v {
			scramble(inner)
			v[i] = "changed"
		}
	}
}

// The plans that the library is tested with are those of many versions of terraform.
func TestValuesOfPlansAreWhatTheirTextHas(t *testing.T) {
	t.Parallel()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/hashicorp/terraform-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "*", "*plan*.json"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, filepath.FromSlash("../../../governance/policy/rego/testdata/small.json"))
	read := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		whole := new(tfjson.Plan)
		understood := json.Unmarshal(text, whole) == nil
		if understood { // with numbers of the program
			sameAsWritten(t, name, whole)
		}
		if plan, err := planjson.Decode(bytes.NewReader(text)); err == nil {
			sameAsWritten(t, name+" as it is kept", plan)
			read++
			if understood && !reflect.DeepEqual(plan.Config, whole.Config) {
				t.Errorf("%s: its configuration is read otherwise", name)
			}
		}
	}
	if read < 10 {
		t.Errorf("%d of %d plans were read", read, len(files))
	}
}

// Whatever the library's types hold, with fields that a new version of it brings.
func TestValuesOfAnyPlanAreWhatItsTextHas(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		plan := new(tfjson.Plan)
		filler{rand.New(rand.NewPCG(seed, 9))}.fill(reflect.ValueOf(plan).Elem(), 0)
		sameAsWritten(t, "a plan of chance", plan)
	}
}

func TestValuesOfNoPlan(t *testing.T) {
	t.Parallel()
	if v, err := planjson.Values(nil); v != nil || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	plan := &tfjson.Plan{Variables: map[string]*tfjson.PlanVariable{"n": {Value: json.Number("1x")}}}
	if _, err := planjson.Values(plan); err == nil {
		t.Error("1x is a number")
	}
}

// filler fills what it is given by chance.
type filler struct{ *rand.Rand }

func (f filler) fill(v reflect.Value, deep int) {
	if f.IntN(6) == 0 || deep > 9 || !v.CanSet() {
		return
	}
	switch of := v.Addr().Interface().(type) {
	case *json.RawMessage:
		*of = json.RawMessage([]string{`{"a": [true, 1e3]}`, `"x"`, `null`}[f.IntN(3)])
		return
	case *cty.Type:
		*of = []cty.Type{cty.String, cty.List(cty.Number), cty.NilType}[f.IntN(3)]
		return
	case **tfjson.Expression:
		*of = f.expression(deep)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), deep+1)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), deep+1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), f.IntN(3), 3))
		for i := range v.Len() {
			f.fill(v.Index(i), deep+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range f.IntN(3) {
			item := reflect.New(v.Type().Elem()).Elem()
			f.fill(item, deep+1)
			v.SetMapIndex(reflect.ValueOf(f.text()).Convert(v.Type().Key()), item)
		}
	case reflect.Interface:
		if value := f.any(0); value != nil {
			v.Set(reflect.ValueOf(value))
		}
	case reflect.String:
		v.SetString(f.text())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(f.Int64N(1000))
	case reflect.Uint64:
		v.SetUint(f.Uint64N(1000))
	default:
	}
}

func (f filler) text() string {
	return []string{"", "a", "<é&\u2028>", "\xff\xfex\xc3", "\ufffd", "line\n\"q\"", "\x00"}[f.IntN(7)]
}

func (f filler) any(deep int) any {
	numbers := []json.Number{"0", "-0", "1.50", "1e3", "7", "12345678901234567890123", ""}
	switch n := f.IntN(14); {
	case n == 0:
		return nil
	case n == 1:
		return f.IntN(2) == 0
	case n == 2:
		return f.NormFloat64() * 1e22
	case n == 3:
		return f.IntN(100)
	case n == 4:
		return []string{"a", f.text()}
	case n == 5:
		return map[string][]int{f.text(): {1, 2}}
	case n == 6:
		return []any(nil)
	case n == 7:
		return map[string]any(nil)
	case n < 10 && deep < 4:
		return []any{f.any(deep + 1), f.any(deep + 1)}
	case n < 12 && deep < 4:
		return map[string]any{f.text(): f.any(deep + 1), "b": f.any(deep + 1)}
	case n == 12:
		return f.text()
	default:
		return numbers[f.IntN(len(numbers))]
	}
}

func (f filler) expression(deep int) *tfjson.Expression {
	e := &tfjson.Expression{ExpressionData: new(tfjson.ExpressionData)}
	switch f.IntN(4) {
	case 0:
		e.ConstantValue = f.any(0)
	case 1:
		e.ConstantValue, e.References = tfjson.UnknownConstantValue, []string{"var.x", f.text()}
	case 2:
		f.fill(reflect.ValueOf(&e.NestedBlocks).Elem(), deep+1)
	}
	return e
}
