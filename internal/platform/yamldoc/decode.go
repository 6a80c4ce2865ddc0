package yamldoc

import (
	"encoding"
	"reflect"
	"strings"
)

// Decode reads a value into what to points at, by its JSON names, strictly: what it
// has no place for is a problem.
func Decode(v Value, to any) { into(v, reflect.ValueOf(to).Elem()) }

func into(v Value, to reflect.Value) {
	if read, ok := to.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if s, ok := v.String(); ok {
			if err := read.UnmarshalText([]byte(s)); err != nil {
				v.Problem("write a length of time such as 30s or 5m", "%v", err)
			}
		}
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		into(v, to.Elem())
	case reflect.Struct:
		structure(v, to)
	case reflect.Slice:
		v.Items(func(_ int, item Value) {
			to.Set(reflect.Append(to, reflect.Zero(to.Type().Elem())))
			into(item, to.Index(to.Len()-1))
		})
	case reflect.Map:
		keyed(v, to)
	default:
		single(v, to)
	}
}

func single(v Value, to reflect.Value) {
	switch to.Kind() {
	case reflect.String:
		if s, ok := v.String(); ok {
			to.SetString(s)
		}
	case reflect.Bool:
		if b, ok := v.Bool(); ok {
			to.SetBool(b)
		}
	case reflect.Float32, reflect.Float64:
		switch n := v.Any(nil).(type) {
		case int64:
			to.SetFloat(float64(n))
		case float64:
			to.SetFloat(n)
		default:
			v.Problem("write a number", "must be a number, not %s", v.Kind())
		}
	default: // whole numbers
		if n, ok := v.Int(-1<<31, 1<<31-1); ok {
			to.SetInt(n)
		}
	}
}

func keyed(v Value, to reflect.Value) {
	to.Set(reflect.MakeMap(to.Type()))
	v.Each(func(key string, item Value) {
		value := reflect.New(to.Type().Elem()).Elem()
		into(item, value)
		to.SetMapIndex(reflect.ValueOf(key), value)
	})
}

func structure(v Value, to reflect.Value) {
	fields := map[string]reflect.Value{}
	keys := named(nil, to, fields)
	o := v.Object(keys...)
	for _, name := range keys {
		if value, ok := o.Get(name); ok {
			into(value, fields[name])
		}
	}
}

// named adds the fields of a struct by their names in JSON, those of embedded structs
// among them.
func named(keys []string, to reflect.Value, fields map[string]reflect.Value) []string {
	for i := range to.NumField() {
		field := to.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "" && field.Anonymous && field.Type.Kind() == reflect.Struct:
			keys = named(keys, to.Field(i), fields)
		case name != "" && name != "-":
			keys, fields[name] = append(keys, name), to.Field(i)
		}
	}
	return keys
}
