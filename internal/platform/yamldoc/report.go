package yamldoc

import (
	"cmp"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxProblems bounds what one document can report.
const maxProblems = 100

// Report adds a problem.
func (d *Document) Report(at Position, path, message, fix string) {
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, kernel.Problem{
			File: d.File, Line: at.Line, Column: at.Column, Path: path, Message: message, Fix: fix,
		})
	}
}

// Err returns the problems reported so far, in the order of the document, as
// one error of kind Invalid; nil when there are none.
func (d *Document) Err(message string) error {
	if len(d.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(d.problems, func(a, b kernel.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return kernel.Errorf(kernel.Invalid, "%s", message).WithProblems(slices.Compact(d.problems)...)
}

// Nearest returns the candidate that word was most likely meant to be, "" when
// none is near.
func Nearest(word string, candidates []string) string {
	best, distance := "", max(1, len(word)/3)+1
	for _, c := range candidates {
		if n := editDistance(word, c); n < distance {
			best, distance = c, n
		}
	}
	return best
}

// editDistance is the number of characters to insert, delete, replace or swap
// with their neighbour, with a change of case for free.
func editDistance(a, b string) int {
	ra, rb := []rune(fold(a)), []rune(fold(b))
	if len(ra) > 80 || len(rb) > 80 {
		return max(len(ra), len(rb))
	}
	before, last, row := make([]int, len(rb)+1), make([]int, len(rb)+1), make([]int, len(rb)+1)
	for j := range last {
		last[j] = j
	}
	for i := range ra {
		row[0] = i + 1
		for j := range rb {
			cost := last[j]
			if ra[i] != rb[j] {
				cost++
			}
			if i > 0 && j > 0 && ra[i] == rb[j-1] && ra[i-1] == rb[j] {
				cost = min(cost, before[j-1]+1)
			}
			row[j+1] = min(cost, last[j+1]+1, row[j]+1)
		}
		before, last, row = last, row, before
	}
	return last[len(rb)]
}

func fold(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
