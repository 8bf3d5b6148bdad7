"""What the usual programs and those of Embedded Swift are asked to do, and must do alike.

Arguments are as in a shell. The folder has the files `image`, `key` (a pre-shared one), `short`, `open` and `zeros` (no
good ones), `junk`, `end` (which ends pi-interceptor), the folder `folder`, the FIFO `pipe` and the link `link` to `image`.
"""

from __future__ import annotations

# What a case has too, but for options of its own and where it begins with `=`.
BASES = {
    "sender": "--listen 127.0.0.1:0 --image image --name alice --connect-timeout 100ms",
    "receiver": "--connect 127.0.0.1:9 --name bob --connect-timeout 100ms",
    "interceptor": "--listen 127.0.0.1:0 --connect 127.0.0.1:9 --name mallory --release . --seed 7",
}

# Each ends by itself, and in the same words each time.
EACH = """
=
=--help
=-h
=--version
=--name
=--name x
=--
=-x
=word
=--unknown
=--unknown=1
=--events=1
=--name x --name y
--version
--name Alice
--name=
--name -a
--name a234567890123456789012345678901234567890123456789012345678901234
--profile other
--cipher aes-128-gcm
--cipher cobblestone-128
--group ffdhe1024
--prime 23
--generator 5
--group ffdhe2048 --prime 23 --generator 5
--prime 21 --generator 5
--prime 23 --generator 22
--prime 23 --generator 23x
--prime 0x --generator 5
--prime ｐ --generator 5
--prime 1e9 --generator 5
--connect-timeout 5
--connect-timeout 0s
--connect-timeout 99999999999999999999s
--connect-timeout 1ms2
--profile sealed --prime 23 --generator 5 --no-authentication
"""

CASES = {
    "sender": EACH + """
=--image image --name x
=--listen 127.0.0.1:0 --name x
--listen 127.0.0.1
--listen 127.0.0.1:65536
--listen localhost:7400
--listen [::1
--listen 192.0.2.1:7400
--listen 127.0.0.1:0 --image nowhere
--image folder
--image pipe
--image /dev/null
--image /proc/version
--image link --store-encrypted image
--store-encrypted nowhere/file
--store-encrypted folder
--store-encrypted pipe
--store-encrypted ''
--store-encrypted .
--rate 7bit
--rate 1xbit
--rate 100MBIT/s --store-encrypted new
--attempts 0
--attempts -1
--peer Bob
--profile sealed
--profile sealed --psk-file key --no-authentication
--psk-file key
--profile sealed --psk-file nowhere
--profile sealed --psk-file short
--profile sealed --psk-file open
--profile sealed --psk-file zeros
--profile sealed --psk-file folder
--profile sealed --psk-file key --cipher aes-128-ecb
--private-exponent 0
--private-exponent 12x
--private-exponent 0xffé
--prime 23 --generator 5 --private-exponent 22
--digest sha1
--digest plaintext,,ciphertext
--idle-timeout 1
--handshake-timeout 10
""",
    "receiver": EACH + """
=--name x
--connect 127.0.0.1
--connect [::1]:9
--connect 127.0.0.1:70000
--max-bytes 1XiB
--max-bytes 99999999999GiB
--store-decrypted folder
--store-decrypted nowhere/file
--store-decrypted pipe
--store-decrypted same --store-encrypted same
--store-decrypted key --profile sealed --psk-file key
--durable --store-decrypted new
--private-exponent 0x
--image image
""",
    "interceptor": EACH + """
=--listen 127.0.0.1:0 --name x
--fault x
--fault x=cut
--fault other@HELLO=cut
--fault sender@OTHER=cut
--fault sender@RECEIPT=cut
--fault receiver@IMAGE=cut
--fault receiver@byte:1=cut
--fault sender@byte:x=cut
--fault sender@HELLO:around=cut
--fault sender@HELLO=cut:1
--fault sender@HELLO=explode
--fault sender@HELLO=flip
--fault sender@HELLO=flip:0
--fault sender@HELLO=flip:mac
--fault sender@IMAGE=flip:mac
--fault sender@HELLO=set:role
--fault sender@HELLO=set:role:300
--fault sender@HELLO=set:name:Ä
--fault sender@HELLO=set:public-value:P+2
--fault sender@END=drop
--fault sender@IMAGE=swap
--fault sender@IMAGE:after=reflect
--fault sender@HELLO=hold:2d
--fault sender@HELLO=replay:
--fault sender@HELLO=replay:junk
--fault sender@HELLO=replay:nowhere
=--listen 127.0.0.1:0 --connect 127.0.0.1:9 --name x --fault sender@HELLO=pause
--attack other
--attack junk:0
--attack half-open:x
--attack drip:0s
--attack replay:
--attack replay:junk
--attack man-in-the-middle --fault sender@HELLO=cut
--attack man-in-the-middle --record new
--record junk --store-image junk
--record-limit 1
--store-image folder
--seed -1
--seed 18446744073709551616
--sender-name Alice
--psk-file key
""",
}

# What is done to an exchange of profile classic, with the smallest group that is safe.
FAULTS = """
sender@PREAMBLE=flip:magic
receiver@PREAMBLE=set:version:2
sender@HELLO=set:name:carol
sender@HELLO=set:public-value:P-1
receiver@HELLO=set:public-value:non-residue
receiver@HELLO=flip:group
sender@HELLO=reflect
receiver@CONFIRM=flip:mac
sender@HEADER=set:image-length:random
sender@IMAGE=flip:3
sender@byte:1000=flip:1
sender@byte:4096=drop:16
sender@byte:4096=swap:16
sender@byte:4096=duplicate:16
sender@byte:5000=append:7
sender@byte:5000:after=cut
sender@byte:5000=reset
sender@byte:5000=hold:20ms
sender@TRAILER=flip:digest
sender@TRAILER=drop
sender@END=append:1
receiver@RECEIPT=flip:mac
receiver@RECEIPT=cut
sender@CONFIRM=duplicate
sender@HELLO=drip:1ms
""".split()

# An attack's name, its options and what both boards are configured with.
ATTACKS = (
    ("man-in-the-middle", "--store-image stolen", ""),
    ("man-in-the-middle", "--store-image stolen --no-authentication", "--profile sealed --no-authentication"),
    ("man-in-the-middle", "", "--profile sealed --psk-file key"),
    ("reflection", "", ""),
    ("junk:5", "", ""),
    ("half-open:3", "", ""),
    ("drip:1ms", "", ""),
    ("discrete-log", "--store-image stolen", "--prime 2147483647 --generator 7"),
    ("replay:recording", "", ""),
)
