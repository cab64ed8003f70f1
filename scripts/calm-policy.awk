# SPDX-License-Identifier: Apache-2.0
# The policy without its cadence: nothing runs by itself, and promotions wait for no window, so that
# what a script shows does not depend on the hour at which it runs.
#   awk -f scripts/calm-policy.awk etc/policy.json >policy.json

/^  "cadence": \{$/ { skip = 1 }
!skip {
	if (/^\}/)
		sub(/,$/, "", last)
	if (n++)
		print last
	last = $0
}
/^  \},?$/ { skip = 0 }
END { print last }
