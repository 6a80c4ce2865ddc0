package db

import (
	"encoding/json"
	"fmt"
)

// Encode writes a value for a column of JSON; what names it in the error.
func Encode(v any, what string) (string, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write %s: %w", what, err)
	}
	return string(body), nil
}

// Decode reads what Encode wrote into v.
func Decode(body string, v any, what string) error {
	if err := json.Unmarshal([]byte(body), v); err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

// Each makes a value of each row that a query found; err is the query's, which Map
// maps.
func Each[R, T any](rows []R, err error, what string, value func(R) (T, error)) ([]T, error) {
	if err != nil {
		return nil, Map(err, what)
	}
	all := make([]T, len(rows))
	for i, r := range rows {
		if all[i], err = value(r); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Bodies is Each of rows that are the JSON of a value and nothing else.
func Bodies[T any](bodies []string, err error, what string) ([]T, error) {
	return Each(bodies, err, what, func(body string) (v T, err error) {
		err = Decode(body, &v, what)
		return v, err
	})
}
