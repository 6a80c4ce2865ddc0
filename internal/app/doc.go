// Package app is the composition root: the one place that knows every room and
// wires them to each other and to the outside.
//
// It owns the order in which things are made, started and closed, and the small
// adapters that let rooms meet which do not know each other. It decides nothing
// about the domain. New, Start and Close let a test boot the whole product.
package app
