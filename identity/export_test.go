// What tests may do besides.

package identity

import "time"

// LookAgain makes the next connection look at the files.
func (i *Identity) LookAgain() { i.files.looked = time.Time{} }
