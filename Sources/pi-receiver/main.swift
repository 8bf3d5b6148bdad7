import PiTransfer
print(probe())
