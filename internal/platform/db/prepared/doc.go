// Package prepared keeps the statements of SQLite's connections compiled.
//
// bun writes values into the text of a statement, so hardly two texts are alike,
// and SQLite would compile each of them anew, which takes longer than most take to
// run. Here bun's dialect marks the values that it writes, and the connection takes
// them out again as parameters: what differs in values alone is one statement, and
// that is compiled once for a connection.
//
// It owns the marks and the statements of a connection. It changes no statement's
// meaning: whatever it cannot take apart runs as it was written.
package prepared
