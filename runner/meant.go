package runner

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"xpool/crashdetect/spelling"
)

// meant adds to an error of parsing, if it is an unknown long option, the one of f that
// was most likely meant.
func meant(f *pflag.FlagSet, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	names := func(yield func(string) bool) {
		more := true
		f.VisitAll(func(flag *pflag.Flag) {
			if more && !flag.Hidden {
				more = yield(flag.Name)
			}
		})
	}
	if name := spelling.Nearest(unknown.GetSpecifiedName(), names); name != "" {
		return fmt.Errorf("%w: did you mean --%s?", err, name)
	}
	return err
}
