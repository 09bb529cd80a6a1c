// Package browser tests the dashboard as somebody sees it: the real demo in a real browser. It is a
// module of its own, so that nobody who uses the library gets the client of a browser with it.
package browser
