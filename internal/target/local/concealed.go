package local

import (
	"encoding/json"
	"fmt"
)

// concealed are the texts in the values that nothing may show.
func (s *serviceSpec) concealed() (texts []string, err error) {
	for _, raw := range s.Concealed {
		var value any
		if err := json.Unmarshal([]byte(raw), &value); err != nil {
			return nil, fmt.Errorf("read what is concealed: %w", err)
		}
		texts = append(texts, textsOf(value)...)
	}
	return texts, nil
}

func textsOf(value any) (texts []string) {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		for _, inner := range value {
			texts = append(texts, textsOf(inner)...)
		}
	case map[string]any:
		for _, inner := range value {
			texts = append(texts, textsOf(inner)...)
		}
	}
	return texts
}
